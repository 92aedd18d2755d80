using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Demilune.Linux.Bpf;

/// <summary>The kernel refused a bpf(2) call. The message names the verb, the object, and where known what would help.</summary>
public sealed class BpfException(string message, int errno) : Win32Exception(errno, message)
{
    internal const int PermissionDenied = 1, NoEntry = 2, Again = 11, NoMemory = 12, Busy = 16, Exists = 17, NoDevice = 19,
        InvalidArgument = 22, NoSpace = 28;

    internal static BpfException FromLastError(string what)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new($"{what}: {Marshal.GetPInvokeErrorMessage(errno)}{Hint(errno)}", errno);
    }

    private static string Hint(int errno) =>
        errno == PermissionDenied ? " (needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON)" : "";
}
