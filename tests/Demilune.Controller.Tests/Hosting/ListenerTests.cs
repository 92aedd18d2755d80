using System.Net;
using Demilune.Controller.Hosting;

namespace Demilune.Controller.Tests.Hosting;

public sealed class ListenerTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("::ffff:127.0.0.1", "::ffff:127.0.0.1", true)]
    [InlineData("::1", "::1", true)]
    [InlineData("192.0.2.1", "192.0.2.1", true)]        // the API server's proxy, on the same node
    [InlineData("10.244.0.7", "192.0.2.1", false)]      // a pod
    [InlineData("192.0.2.2", "192.0.2.1", false)]       // another node
    [InlineData("::ffff:192.0.2.2", "::ffff:192.0.2.1", false)]
    public void Rest_answers_this_machine_only(string remote, string local, bool answers) =>
        Assert.Equal(answers, Listener.IsThisMachine(IPAddress.Parse(remote), IPAddress.Parse(local)));
}
