namespace Demilune.Inspection.Sessions.Ftp;

/// <summary>A data connection that is about to come.</summary>
/// <param name="FileName">As the command names it.</param>
/// <param name="IsStore">The client sends; otherwise the server.</param>
/// <param name="Sender">Who sends, seen from the data connection: in active mode the server opens it.</param>
internal sealed record FtpTransfer(byte[] FileName, bool IsStore, Side Sender);
