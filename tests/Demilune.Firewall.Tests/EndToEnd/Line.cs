using System.Net;
using System.Net.Sockets;

namespace Demilune.Firewall.Tests.EndToEnd;

/// <summary>
/// A client and a server in namespaces of their own, and between them a gap with two interfaces in this namespace, for
/// a firewall to stand in:
/// <code>
///   client  c ═══ In     gap     Out ═══ s  server
/// </code>
/// Both peers wrap what they send as the splice would (<c>words.bpf.c</c>).
/// </summary>
internal sealed class Line : IDisposable
{
    public static readonly IPAddress ServerAddress = IPAddress.Parse("198.18.7.2");
    public static readonly IPAddress ServerAddress6 = IPAddress.Parse("2001:db8:7::2");

    /// <param name="wrapped">False: the peers send plain frames, as between two cables.</param>
    public Line(bool wrapped = true)
    {
        var unique = Guid.NewGuid().ToString("N")[..8];
        In = $"fw{unique}i";
        Out = $"fw{unique}o";
        Client = new("c");
        Server = new("s");
        Cable(In, Client, "c", own: 1, peer: 2);
        Cable(Out, Server, "s", own: 2, peer: 1);
        if (!wrapped) return;
        Wrap(Client, "c", "classifier/client");
        Wrap(Server, "s", "classifier/server");
    }

    public string In { get; }
    public string Out { get; }
    public Namespace Client { get; }
    public Namespace Server { get; }

    /// <summary>Why these tests cannot run here, or null.</summary>
    public static string? WhyNot =>
        !Environment.IsPrivilegedProcess ? "needs root: it makes network namespaces"
        : !Path.Exists("/usr/sbin/tc") && !Path.Exists("/sbin/tc") ? "needs tc of the Debian package iproute2"
        : null;

    public TcpListener Listen(int port) => Server.Inside(() =>
    {
        var listener = new TcpListener(IPAddress.IPv6Any, port);
        listener.Server.DualMode = true;
        listener.Start();
        return listener;
    });

    /// <summary>A socket in the client's namespace, not connected.</summary>
    public TcpClient NewClient(AddressFamily family = AddressFamily.InterNetwork) => Client.Inside(() => new TcpClient(family));

    /// <summary>Both peers cut their segments and sum them themselves, as the splice sees to for engines that know no super-frames.</summary>
    public void AsFromACable()
    {
        Command.Run("ip", $"netns exec {Client.Name} ethtool -K c tx off sg off");
        Command.Run("ip", $"netns exec {Server.Name} ethtool -K s tx off sg off");
    }

    public void Dispose()
    {
        // The ends in this namespace go with their peers.
        Client.Dispose();
        Server.Dispose();
    }

    private static void Cable(string near, Namespace there, string far, int own, int peer)
    {
        Command.Run("ip", $"link add {near} type veth peer name {far} netns {there.Name}");
        File.WriteAllText($"/proc/sys/net/ipv6/conf/{near}/disable_ipv6", "1");
        Command.Run("ip", $"link set {near} up");
        var ip = $"-n {there.Name}";
        Command.Run("ip", $"{ip} link set {far} address 02:00:00:00:00:0{own} up");
        Command.Run("ip", $"{ip} address add 198.18.7.{own}/24 dev {far}");
        Command.Run("ip", $"{ip} address add 2001:db8:7::{own}/64 dev {far} nodad");
        Command.Run("ip", $"{ip} neighbour add 198.18.7.{peer} lladdr 02:00:00:00:00:0{peer} dev {far} nud permanent");
        Command.Run("ip", $"{ip} neighbour add 2001:db8:7::{peer} lladdr 02:00:00:00:00:0{peer} dev {far} nud permanent");
        // bbr, where it is the default, paces; the tests are not about it.
        Command.Run("ip", $"netns exec {there.Name} sysctl -qw net.ipv4.tcp_congestion_control=reno");
    }

    private static void Wrap(Namespace peer, string link, string section)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "words.bpf.o");
        var tc = $"netns exec {peer.Name} tc";
        Command.Run("ip", $"{tc} qdisc add dev {link} clsact");
        Command.Run("ip", $"{tc} filter add dev {link} egress bpf da obj {program} sec {section}");
        Command.Run("ip", $"{tc} filter add dev {link} ingress bpf da obj {program} sec classifier/unwrap");
    }
}
