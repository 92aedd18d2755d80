namespace Demilune.Cni;

/// <summary>Ends the plugin with a typed error on standard output (CNI 1.1, "Error").</summary>
/// <param name="code">1 incompatible version, 4 bad environment, 5 I/O, 6 undecodable, 7 bad configuration, 11 try again later, 50 plugin not available.</param>
/// <param name="message">What is wrong, naming the object.</param>
/// <param name="details">The way out.</param>
internal sealed class CniException(int code, string message, string details) : Exception(message)
{
    public const int IncompatibleVersion = 1;
    public const int InvalidEnvironment = 4;
    public const int Io = 5;
    public const int Undecodable = 6;
    public const int InvalidConfiguration = 7;
    public const int TryAgainLater = 11;
    public const int NotAvailable = 50;

    public int Code { get; } = code;

    public string Details { get; } = details;
}
