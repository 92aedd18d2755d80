using System.Text.Json;
using System.Text.Json.Serialization;

namespace Demilune.Node.Attachments;

/// <summary>
/// The attachments of this node, one small file each, so that CHECK and DEL work after the agent was restarted. In the
/// run directory on purpose: it is emptied by a reboot, and so are the interfaces.
/// </summary>
internal sealed class AttachmentStore
{
    private readonly string _directory;
    private readonly Dictionary<(string, string), Attachment> _byKey = [];

    /// <exception cref="IOException">The directory cannot be used.</exception>
    public AttachmentStore(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
        foreach (var file in Directory.EnumerateFiles(directory, "*.json"))
        {
            if (Read(file) is { } attachment) _byKey[attachment.Key] = attachment;
            else File.Delete(file);     // torn by a crash before its ADD was answered: the runtime sends DEL for it
        }
    }

    public IReadOnlyCollection<Attachment> All => _byKey.Values;

    public Attachment? Find(string containerId, string ifName) => _byKey.GetValueOrDefault((containerId, ifName));

    public void Save(Attachment attachment)
    {
        var path = PathOf(attachment);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(attachment, AttachmentJson.Default.Attachment));
        File.Move(path + ".new", path, overwrite: true);
        _byKey[attachment.Key] = attachment;
    }

    public void Delete(Attachment attachment)
    {
        File.Delete(PathOf(attachment));
        _byKey.Remove(attachment.Key);
    }

    // Container ids and interface names come from outside; escaped they cannot leave the directory.
    private string PathOf(Attachment attachment) =>
        Path.Combine(_directory, $"{Uri.EscapeDataString(attachment.ContainerId)}@{Uri.EscapeDataString(attachment.IfName)}.json");

    private static Attachment? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), AttachmentJson.Default.Attachment);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(Attachment))]
internal sealed partial class AttachmentJson : JsonSerializerContext;
