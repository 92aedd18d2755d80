using System.Diagnostics;
using Demilune.Cli.Cluster;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>What befalls an engine. Disposed, what can be mended is mended.</summary>
internal sealed class Strike : IDisposable
{
    private readonly int _pid;
    private readonly string _failure;
    private readonly Process? _slowing;
    private bool _mended;

    /// <param name="pid">The engine's process.</param>
    /// <param name="failure">KILL: it dies. STOP: it hangs. SLOW: it works for 20 ms of each 320. LINK: its interface "in" goes down.</param>
    public Strike(int pid, string failure)
    {
        (_pid, _failure) = (pid, failure);
        if (failure == "LINK") SetLink("down");
        else if (failure == "SLOW") _slowing = Process.Start("/bin/sh", ["-c", $"while kill -STOP {pid} 2> /dev/null; do sleep 0.3; kill -CONT {pid}; sleep 0.02; done"]);
        else Signal.Send(pid, failure);
    }

    public void Dispose()
    {
        if (_mended) return;
        _mended = true;
        if (_slowing is not null)
        {
            _slowing.Kill();
            _slowing.WaitForExit();
            _slowing.Dispose();
        }
        if (_failure == "LINK") SetLink("up");
        else if (_failure is "STOP" or "SLOW") Signal.Send(_pid, "CONT");
    }

    private void SetLink(string state)
    {
        using var nsenter = Process.Start("nsenter", ["--target", $"{_pid}", "--net", "ip", "link", "set", "in", state]);
        nsenter.WaitForExit();
        Assert.Equal(0, nsenter.ExitCode);
    }
}
