using System.Text.Json.Nodes;

namespace Demilune.Node.CniServer;

/// <summary>The plugin and its configuration in the folders where the node's container runtime looks for them.</summary>
/// <param name="Plugin">The executable to install.</param>
/// <param name="BinDirectory">The runtime's plugins, usually /opt/cni/bin.</param>
/// <param name="ConfigDirectory">The runtime's configurations, usually /etc/cni/net.d.</param>
internal sealed record CniInstallation(string Plugin, string BinDirectory, string ConfigDirectory)
{
    private const string PluginName = "demilune-cni";

    /// <summary>A runtime takes the first in the order of names.</summary>
    private const string ConfigName = "05-demilune.conflist";

    /// <summary>
    /// Makes the node ready for pods: done last, when the agent listens. Both files appear whole: a runtime may start the one or read the
    /// other at any moment, and the old plugin may be running.
    /// </summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public void Install(string agentSocket)
    {
        Directory.CreateDirectory(BinDirectory);
        Directory.CreateDirectory(ConfigDirectory);
        var (plugin, config) = (Path.Combine(BinDirectory, PluginName), Path.Combine(ConfigDirectory, ConfigName));
        File.Copy(Plugin, plugin + ".new", overwrite: true);
        File.SetUnixFileMode(plugin + ".new", (UnixFileMode)0b111_101_101);
        File.Move(plugin + ".new", plugin, overwrite: true);
        // Runtimes read *.conflist, *.conf and *.json, so that they overlook this name.
        File.WriteAllText(config + ".new", Configuration(agentSocket));
        File.Move(config + ".new", config, overwrite: true);
    }

    /// <summary>The configuration first: without it nobody starts the plugin.</summary>
    public void Remove()
    {
        foreach (var file in (string[])[Path.Combine(ConfigDirectory, ConfigName), Path.Combine(BinDirectory, PluginName)])
            if (File.Exists(file)) File.Delete(file);
    }

    /// <summary>Version 1.0.0: containerd before 2.0 refuses a newer one, and 1.1 changes nothing of what a pod gets.</summary>
    private static string Configuration(string agentSocket) => new JsonObject
    {
        ["cniVersion"] = "1.0.0",
        ["name"] = "demilune",
        ["plugins"] = new JsonArray(new JsonObject { ["type"] = PluginName, ["agentSocket"] = agentSocket }),
    }.ToJsonString() + "\n";
}
