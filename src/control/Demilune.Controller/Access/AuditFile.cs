using System.Text.Json.Nodes;
using Demilune.Console.Access;

namespace Demilune.Controller.Access;

/// <summary>Who did what, a line of JSON each, in DATA/audit.json. When it is full it becomes audit.json.1 and a new one is begun.</summary>
internal sealed partial class AuditFile(string path, TimeProvider time, ILogger<AuditFile> log) : IAudit
{
    private const long MaxBytes = 16 << 20;

    private readonly Lock _gate = new();

    public void Note(string who, string action, string target, string outcome)
    {
        var line = new JsonObject
        {
            ["time"] = time.GetUtcNow().UtcDateTime.ToString("O"), ["who"] = who, ["action"] = action, ["target"] = target, ["outcome"] = outcome,
        }.ToJsonString();
        Audited(log, who, action, target, outcome);
        lock (_gate)
        {
            try
            {
                if (File.Exists(path) && new FileInfo(path).Length >= MaxBytes) File.Move(path, path + ".1", overwrite: true);
                using var file = new FileStream(path, new FileStreamOptions
                {
                    Mode = FileMode.Append, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
                file.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                NotWritten(log, path, error.Message);
            }
        }
    }

    [LoggerMessage(3461, LogLevel.Information, "Audit: {Who} {Action} {Target}: {Outcome}")]
    private static partial void Audited(ILogger log, string who, string action, string target, string outcome);

    [LoggerMessage(3462, LogLevel.Error, "The audit file {Path} cannot be written: {Reason}. The log has what it lacks")]
    private static partial void NotWritten(ILogger log, string path, string reason);
}
