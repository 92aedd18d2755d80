using Demilune.Node.FirewallLink;

namespace Demilune.Node.Tests;

public sealed class EveBufferTests
{
    [Fact]
    public void When_full_the_oldest_make_room_and_are_counted()
    {
        var buffer = new EveBuffer();
        for (var n = 0; n < EveBuffer.Capacity + 5; n++) buffer.Add($"{n}");
        Assert.Equal(5, buffer.Lost);
        Assert.Equal("5", buffer.Take(1).Lines[0]);
    }

    [Fact]
    public void What_could_not_be_sent_goes_back_in_front()
    {
        var buffer = new EveBuffer();
        buffer.Add("a");
        buffer.Add("b");
        var taken = buffer.Take(1);
        buffer.PutBack(taken);
        Assert.Equal(["a", "b"], buffer.Take(9).Lines);
    }
}
