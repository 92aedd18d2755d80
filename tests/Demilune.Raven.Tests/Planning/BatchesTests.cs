using CsCheck;
using Demilune.Neutron;
using Demilune.Raven.Planning;

namespace Demilune.Raven.Tests.Planning;

public sealed class BatchesTests
{
    private static readonly Gen<Operation> s_operation = Gen.Select(Gen.Int[0, 7], Gen.Int[0, 5], Gen.Int[-1, 5]).Select((kind, key, after) => Of(kind, $"{key}") with { After = after < 0 ? [] : [$"{after}"] });

    [Fact]
    public void Nothing_is_lost_or_overtaken_and_nobody_shares_a_batch_with_what_he_waits_for() => s_operation.List[0, 30].Sample(plan =>
    {
        var batches = Batches.Of(plan).ToList();
        Assert.Equal(plan, batches.SelectMany(batch => batch));
        foreach (var batch in batches)
        {
            Assert.Single(batch.Select(operation => operation.GetType()).Distinct());
            for (var at = 0; at < batch.Count; at++) Assert.DoesNotContain(batch.Take(at), before => batch[at].After.Contains(before.Key));
        }
    });

    [Fact]
    public void Chains_and_classifiers_are_never_under_way_together() =>
        Assert.Equal([2, 1, 1, 1], Batches.Of([Of(0, "a"), Of(0, "b"), Of(6, "c"), Of(6, "d"), Of(7, "e")]).Select(batch => batch.Count));

    private static Operation Of(int kind, string key) => kind switch
    {
        0 => new Create(key, new Port()),
        1 => new Create(key, new SecurityGroup()),
        2 => new Create(key, new SecurityGroupRule()),
        3 => new Update(key, "id", new Port()),
        4 => new Delete(key, typeof(Port), "id"),
        5 => new AddAddresses(key, "id", []),
        6 => new Create(key, new FlowClassifier()),
        _ => new Update(key, "id", new PortChain()),
    };
}
