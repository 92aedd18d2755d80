namespace Demilune.Cli.Inspect;

/// <summary>
/// The section <c>run-as</c>: whom Suricata would become. A capture is read as whoever calls us, but a configuration that names nobody is wrong all the same,
/// and is refused in the words that users of Suricata know.
/// </summary>
internal static class RunAs
{
    /// <returns>What is wrong; null: nothing.</returns>
    public static string? Fault(Settings settings)
    {
        if (!settings.Has("run-as.user") && !settings.Has("run-as.group")) return null;
        if (settings.Text("run-as.user") is not { Length: > 0 } user || user is "~" or "null")
            return "no user name was provided - ensure it is specified either in the configuration file (run-as.user) or in command-line arguments (--user)";
        if (!Exists("/etc/passwd", user)) return "unable to get the user ID, check if user exist!!";
        return settings.Text("run-as.group") is { Length: > 0 } group && group is not ("~" or "null") && !Exists("/etc/group", group) ? "unable to get the group ID, check if group exist!!" : null;
    }

    /// <param name="file">A table of the system: name or number in each line.</param>
    private static bool Exists(string file, string wanted) =>
        File.Exists(file) && File.ReadLines(file).Select(line => line.Split(':')).Any(fields => fields[0] == wanted || (fields.Length > 2 && fields[2] == wanted));
}
