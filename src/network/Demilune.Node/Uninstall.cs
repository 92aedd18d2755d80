using Demilune.Node.Attachments;
using Demilune.Node.Datapath;
using Demilune.Node.Gateways;
using Demilune.Node.Interfaces;
using Demilune.Node.Seccomp;

namespace Demilune.Node;

/// <summary>Takes back everything a node agent has put on this machine. Pods that still run lose their network.</summary>
internal static class Uninstall
{
    public static void Run(AgentOptions options, TextWriter output)
    {
        options.Cni?.Remove();
        if (options.SeccompDirectory is { } profiles) FirewallProfile.Remove(profiles);
        if (Directory.Exists(options.AttachmentDirectory))
        {
            foreach (var attachment in new AttachmentStore(options.AttachmentDirectory).All)
                foreach (var made in attachment.Interfaces)
                {
                    if (made.Switch is not null) Unplug(options, made.HostName, output);
                    if (SpliceDatapath.DeleteHostInterface(made.HostName)) output.WriteLine($"deleted interface {made.HostName}");
                }
            Directory.Delete(options.AttachmentDirectory, recursive: true);
        }

        HostedGateways.Uninstall(options.GatewayDirectory);
        SpliceDatapath.Uninstall(options.BpfDirectory);
        foreach (var file in new[] { options.CniSocket, options.LastStateFile, options.NamesFile })
            if (File.Exists(file)) File.Delete(file);
        if (Directory.Exists(options.FirewallDirectory)) Directory.Delete(options.FirewallDirectory, recursive: true);
        output.WriteLine($"removed {options.BpfDirectory} and what was in {options.RunDirectory}");
    }

    /// <summary>A switch that is gone has no ports either: the rest is removed all the same.</summary>
    private static void Unplug(AgentOptions options, string hostInterface, TextWriter output)
    {
        try
        {
            new OpenVSwitch(options.OvsDatabase).Unplug(hostInterface);
        }
        catch (IOException failure)
        {
            output.WriteLine(failure.Message);
        }
    }
}
