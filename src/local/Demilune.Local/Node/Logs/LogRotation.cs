namespace Demilune.Local.Node.Logs;

/// <summary>Keeps a container's log bounded: one file of at most this size, and the one before it.</summary>
internal static class LogRotation
{
    /// <summary>kubelet's default.</summary>
    public const long MaxBytes = 10 << 20;

    /// <param name="reopen">Tells the writer that its file has moved.</param>
    public static async Task RotateAsync(string log, Func<Task> reopen, long maxBytes = MaxBytes)
    {
        var file = new FileInfo(log);
        if (!file.Exists || file.Length < maxBytes) return;
        File.Move(log, log + ".1", overwrite: true);
        await reopen();
    }
}
