using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;

namespace Demilune.Cli.Inspect;

/// <summary>Keeps files that rules want kept, as Suricata's <c>file-store</c> version 2 lays them out: <c>DIR/ab/SHA256</c>, each content once.</summary>
/// <remarks>Content is written as it comes into <c>DIR/tmp</c>, and thrown away if in the end nobody wants the file.</remarks>
internal sealed class FileStore(FileStoreSettings settings, IEventSink next) : EventRelay(next), IDisposable
{
    private readonly Dictionary<long, FileStream> _open = [];
    private readonly Queue<long> _order = new();

    /// <summary>Files that could not be written. The inspection goes on.</summary>
    public long Failures { get; private set; }

    public override void FileContent(in FileContentEvent content)
    {
        try
        {
            if (content.Offset < 0) Discard(content.Id);
            else Stream(content.Id).Write(content.Bytes);
        }
        catch (IOException)
        {
            Failures++;
        }
        base.FileContent(content);
    }

    public override void File(in FileEvent file)
    {
        var fields = file.Fields;
        if (fields.StoreId != 0)
        {
            try
            {
                if (fields.IsWanted && !fields.Sha256.IsEmpty) Keep(in file, Convert.ToHexStringLower(fields.Sha256));
                else Discard(fields.StoreId);
            }
            catch (IOException)
            {
                Failures++;
            }
        }
        base.File(file);
    }

    public void Dispose()
    {
        foreach (var id in _open.Keys.ToArray()) Discard(id);
        if (Directory.Exists(Temporary)) Directory.Delete(Temporary, recursive: true);
    }

    private string Temporary => Path.Combine(settings.Directory, "tmp");

    private string PathOf(long id) => Path.Combine(Temporary, $"file.{id}");

    private void Keep(in FileEvent file, string hash)
    {
        var fields = file.Fields;
        Close(fields.StoreId);
        var directory = Path.Combine(settings.Directory, hash[..2]);
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, hash);
        if (fields.Size == 0) System.IO.File.WriteAllBytes(path, []);
        else if (System.IO.File.Exists(PathOf(fields.StoreId))) System.IO.File.Move(PathOf(fields.StoreId), path, overwrite: true);
        if (!settings.WritesInfo) return;
        var record = $"{path}.{file.Context.Time / 1_000_000_000}.{fields.StoreId}.json";
        using var output = new FileStream(record, FileMode.Create, FileAccess.Write);
        using var eve = new EveWriter(line => output.Write(line), settings.Eve);
        eve.File(file);
    }

    private FileStream Stream(long id)
    {
        if (_open.TryGetValue(id, out var stream)) return stream;
        while (_open.Count >= settings.MaxOpen && _order.TryDequeue(out var oldest)) Close(oldest);
        Directory.CreateDirectory(Temporary);
        stream = new(PathOf(id), FileMode.Append, FileAccess.Write);
        _open.Add(id, stream);
        _order.Enqueue(id);
        return stream;
    }

    private void Close(long id)
    {
        if (_open.Remove(id, out var stream)) stream.Dispose();
    }

    private void Discard(long id)
    {
        Close(id);
        System.IO.File.Delete(PathOf(id));
    }
}

/// <summary>What a configuration says about keeping files.</summary>
/// <param name="Directory">Where.</param>
/// <param name="WritesInfo">Each has its record beside it.</param>
/// <param name="MaxOpen">Files held open at a time.</param>
/// <param name="Eve">How records are written.</param>
internal sealed record FileStoreSettings(string Directory, bool WritesInfo, int MaxOpen, EveOptions Eve);
