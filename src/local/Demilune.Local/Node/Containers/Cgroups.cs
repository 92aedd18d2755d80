namespace Demilune.Local.Node.Containers;

/// <summary>The parents of containers' cgroups, which the runtime makes but does not remove.</summary>
internal static class Cgroups
{
    private const string Root = "/sys/fs/cgroup";

    /// <summary>Removes the group and those below it in every hierarchy: one on a machine with cgroups v2, one per controller with v1.</summary>
    public static void Remove(string path)
    {
        foreach (var hierarchy in Directory.GetDirectories(Root).Append(Root).Where(folder => File.Exists(Path.Combine(folder, "cgroup.procs"))))
            RemoveTree(hierarchy + path);
    }

    /// <summary>Whether the kernel has killed a process of the group for want of memory.</summary>
    public static bool OutOfMemory(string path) =>
        ((string[])[$"{Root}/memory{path}/memory.oom_control", $"{Root}{path}/memory.events"]).Where(File.Exists)       // cgroups v1, v2
            .SelectMany(File.ReadLines).Any(line => line.StartsWith("oom_kill ", StringComparison.Ordinal) && line is not "oom_kill 0");

    /// <summary>
    /// Real-time threads of a group run in the time that the group was given (RT_GROUP_SCHED with cgroups v1), and a new group has none: without it the kernel
    /// refuses SCHED_FIFO there, whatever the capabilities. Gives it to the parents of a group that is about to be made.
    /// </summary>
    /// <returns>What the group itself may be given of each second, in microseconds; null: it is not given out here, or others have it.</returns>
    public static int? GrantRealTime(string path)
    {
        const int Micros = 900_000;
        if (!File.Exists($"{Root}/cpu/cpu.rt_runtime_us")) return null;
        var group = $"{Root}/cpu";
        try
        {
            foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries)[..^1])
            {
                Directory.CreateDirectory(group += "/" + name);
                if (File.ReadAllText($"{group}/cpu.rt_runtime_us").Trim() == "0") File.WriteAllText($"{group}/cpu.rt_runtime_us", $"{Micros}");
            }
            return Micros;
        }
        catch (IOException)
        {
            // EINVAL: together the groups would have more than there is. The engine says that it goes without.
            return null;
        }
    }

    private static void RemoveTree(string folder)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var child in Directory.GetDirectories(folder)) RemoveTree(child);
        try
        {
            Directory.Delete(folder);   // rmdir(2): its files are the kernel's
        }
        catch (IOException)
        {
            // A process in it is still dying; whoever removes the parent later removes this one too.
        }
    }
}
