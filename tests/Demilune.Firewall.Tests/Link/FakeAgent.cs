using System.Net.Sockets;
using System.Text.Json;
using Demilune.Contracts.FirewallLink;

namespace Demilune.Firewall.Tests.Link;

/// <summary>The node agent's end of a link, in a temporary directory.</summary>
internal sealed class FakeAgent : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public FakeAgent(string path)
    {
        Path = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
    }

    public string Path { get; }

    public static string NewPath() => System.IO.Path.Combine(Directory.CreateTempSubdirectory("demilune-firewall-").FullName, "agent.sock");

    public async Task<Connection> AcceptAsync() => new(await _listener.AcceptAsync(Patience()));

    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(Path);
    }

    public static CancellationToken Patience() => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    internal sealed class Connection(Socket socket) : IDisposable
    {
        private readonly StreamReader _lines = new(new NetworkStream(socket));

        public async Task<FromFirewall> ReadAsync() => JsonSerializer.Deserialize(
            await _lines.ReadLineAsync(Patience()) ?? throw new EndOfStreamException(), FirewallLinkJson.Default.FromFirewall)!;

        /// <summary>The next line of which <paramref name="choose"/> makes something.</summary>
        public async Task<T> ReadAsync<T>(Func<FromFirewall, T?> choose) where T : class
        {
            while (true)
                if (choose(await ReadAsync()) is { } chosen) return chosen;
        }

        public Task SendAsync(ToFirewall message) =>
            SendAsync([.. JsonSerializer.SerializeToUtf8Bytes(message, FirewallLinkJson.Default.ToFirewall), (byte)'\n']);

        public async Task SendAsync(byte[] bytes)
        {
            for (var sent = 0; sent < bytes.Length;) sent += await socket.SendAsync(bytes.AsMemory(sent), Patience());
        }

        public void Dispose()
        {
            _lines.Dispose();
            socket.Dispose();
        }
    }
}
