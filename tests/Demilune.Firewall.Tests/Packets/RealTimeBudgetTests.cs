using CsCheck;
using Demilune.Firewall.Packets;

namespace Demilune.Firewall.Tests.Packets;

public sealed class RealTimeBudgetTests
{
    /// <summary>Turns of some microseconds with sleeps of any length between: in no second does the thread run for 95 %.</summary>
    [Fact]
    public void However_it_works_and_sleeps_it_never_takes_what_the_kernel_would_stop_it_for() =>
        Gen.Select(Gen.Long[1_000, 400_000], Gen.Long[0, 50_000], Gen.Bool).Array[1, 20].Sample(turns =>
        {
            var budget = new RealTimeBudget(0);
            var (now, worked) = (0L, 0L);
            for (var i = 0; now < 2_000_000_000; i++)
            {
                var (work, sleep, sleeps) = turns[i % turns.Length];
                now += work;
                worked += work;
                if (budget.Owed(now) is > 0 and var rest) now += rest;
                else if (sleeps)
                {
                    now += sleep;
                    budget.Rested(sleep);
                }
            }
            return worked < 0.95 * now;
        }, iter: 200);

    [Fact]
    public void A_thread_that_sleeps_enough_owes_nothing()
    {
        var budget = new RealTimeBudget(0);
        for (var now = 0L; now < 1_000_000_000; now += 200_000)
        {
            budget.Rested(100_000);
            Assert.Equal(0, budget.Owed(now + 200_000));
        }
    }
}
