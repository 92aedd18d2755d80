using System.Diagnostics;

namespace Demilune.Linux.Tests.PacketIo;

/// <summary>Two ends of a cable in this namespace, silent (no IPv6 of their own), removed at the end.</summary>
public sealed class VethPair : IDisposable
{
    private bool _deleted;

    public VethPair()
    {
        var unique = Guid.NewGuid().ToString("N")[..8];
        Near = $"fw{unique}n";
        Far = $"fw{unique}f";
        Ip($"link add {Near} type veth peer name {Far}");
        foreach (var name in (string[])[Near, Far])
        {
            // Before the interface is up, or it says hello over IPv6.
            File.WriteAllText($"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "1");
            Ip($"link set {name} up");
        }
        // The kernel connects the queues a moment after "up"; a frame sent before that is dropped without a word.
        foreach (var name in (string[])[Near, Far])
            if (!SpinWait.SpinUntil(() => File.ReadAllText($"/sys/class/net/{name}/operstate").Trim() == "up", TimeSpan.FromSeconds(10)))
                throw new InvalidOperationException($"{name} has no carrier after 10 s");
    }

    public string Near { get; }

    public string Far { get; }

    public static string? WhyNot =>
        Environment.IsPrivilegedProcess ? null : "needs root: it makes network interfaces";

    public static void Ip(string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"ip {arguments}: {error}");
    }

    public void Delete()
    {
        if (_deleted) return;
        _deleted = true;
        Ip($"link delete {Near}");
    }

    public void Dispose() => Delete();
}
