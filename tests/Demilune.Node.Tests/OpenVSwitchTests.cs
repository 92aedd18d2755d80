using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Demilune.Node.Interfaces;

namespace Demilune.Node.Tests;

public sealed class OpenVSwitchTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("demilune-ovs").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Plugging_in_makes_a_port_of_the_bridge_that_says_whose_it_is()
    {
        using var database = new Script(_directory, """{"rows":[]}""", """[{"uuid":["uuid","a"]},{"uuid":["uuid","b"]},{"count":1}]""");
        new OpenVSwitch(database.Path).Plug("dl1", "br-int", "port-1", "fa:16:3e:00:00:01");
        var plug = database.Asked[1];
        Assert.Contains("""["iface-id","port-1"],["attached-mac","fa:16:3e:00:00:01"],["iface-status","active"]""", plug, StringComparison.Ordinal);
        Assert.Contains("""{"op":"mutate","table":"Bridge","where":[["name","==","br-int"]],"mutations":[["ports","insert",["set",[["named-uuid","port"]]]]]}""", plug, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_plugged_in_is_only_told_anew_whose_it_is()
    {
        using var database = new Script(_directory, """{"rows":[{"_uuid":["uuid","p"]}]}""", """[{"count":1}]""");
        new OpenVSwitch(database.Path).Plug("dl1", "br-int", "port-1", "fa:16:3e:00:00:01");
        Assert.Contains("\"op\":\"update\",\"table\":\"Interface\"", database.Asked[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Unplugging_what_is_not_there_does_nothing()
    {
        using var database = new Script(_directory, """{"rows":[]}""");
        new OpenVSwitch(database.Path).Unplug("dl1");
        Assert.Single(database.Asked);
    }

    [Theory]
    [InlineData("""[{"uuid":["uuid","a"]},{"uuid":["uuid","b"]},{"count":0}]""", "no such bridge")]
    [InlineData("""[{},{},{},{"error":"constraint violation","details":"two of a name"}]""", "constraint violation two of a name")]
    [InlineData("""{"what":"?"}""", "does not answer as")]
    public void A_refusal_is_an_error_that_says_what_was_tried(string answer, string expected)
    {
        using var database = new Script(_directory, """{"rows":[]}""", answer);
        var error = Assert.Throws<IOException>(() => new OpenVSwitch(database.Path).Plug("dl1", "br-int", "port-1", "fa:16:3e:00:00:01"));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_switch_is_an_error_that_says_where_it_was_looked_for()
    {
        var error = Assert.Throws<IOException>(() => new OpenVSwitch("/nowhere/db.sock").Unplug("dl1"));
        Assert.Contains("/nowhere/db.sock", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A database that answers what it was told to, one connection after the other, in two pieces.</summary>
    private sealed class Script : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly Thread _thread;

        public Script(string directory, params string[] answers)
        {
            Path = System.IO.Path.Combine(directory, "db.sock");
            _listener.Bind(new UnixDomainSocketEndPoint(Path));
            _listener.Listen(8);
            _thread = new(() => Serve(answers));
            _thread.Start();
        }

        public string Path { get; }

        public List<string> Asked { get; } = [];

        public void Dispose()
        {
            _thread.Join();
            _listener.Dispose();
        }

        private void Serve(string[] answers)
        {
            foreach (var answer in answers)
            {
                using var connection = _listener.Accept();
                Asked.Add(ReadRequest(connection));
                var bytes = Encoding.UTF8.GetBytes($$"""{"id":1,"error":null,"result":{{(answer[0] == '[' ? answer : $"[{answer}]")}}}""");
                connection.Send(bytes.AsSpan(0, bytes.Length / 2));
                connection.Send(bytes.AsSpan(bytes.Length / 2));
            }
        }

        private static string ReadRequest(Socket connection)
        {
            var buffer = new byte[64 << 10];
            for (var length = 0; ;)
            {
                length += connection.Receive(buffer.AsSpan(length));
                var reader = new Utf8JsonReader(buffer.AsSpan(0, length), isFinalBlock: false, default);
                if (JsonDocument.TryParseValue(ref reader, out _)) return Encoding.UTF8.GetString(buffer, 0, length);
            }
        }
    }
}
