using System.Collections.Immutable;
using System.Text.Json;

namespace Demilune.Orchestrator.Managers;

/// <summary>Keeps in step with one manager: reads its policies, tells it what is bound to them.</summary>
/// <param name="memory">File in which its last words are kept; null: nowhere.</param>
/// <param name="referenced">Names of its policies that SecurityPolicies refer to.</param>
/// <param name="cluster">As it is to know us.</param>
/// <param name="bindings">What it is to be told: a <see cref="ManagerBindings"/> in JSON.</param>
/// <remarks>Away, it changes nothing: what it said last stays in force, across restarts too. A policy that it no longer lists is gone.</remarks>
internal sealed class ManagerLink(ManagerClient client, string? memory, Func<IReadOnlySet<string>> referenced, string cluster, Func<string> bindings)
{
    private string? _told;

    public ManagerView View { get; private set; } = Remember(memory);

    /// <summary>Asks and tells once. Its trouble is in <see cref="View"/>.</summary>
    public async Task SyncAsync(CancellationToken cancel)
    {
        try
        {
            await ReadAsync(cancel);
            await TellAsync(cancel);
            View = View with { Trouble = null };
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or InvalidDataException || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            View = View with { Trouble = error is OperationCanceledException ? "it does not answer within 10 s" : error.Message };
        }
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        var list = await client.ListAsync(cancel);
        var before = View;
        var wanted = referenced();
        var policies = before.Policies.RemoveRange(before.Policies.Keys.Where(name => list.Policies.All(entry => entry.Name != name)));
        // What is read holds at once, also if the next one cannot be read.
        View = before with { Listed = [.. list.Policies], Policies = policies };
        foreach (var entry in list.Policies.Where(entry => wanted.Contains(entry.Name)))
        {
            if (policies.TryGetValue(entry.Name, out var known) && known.Revision == entry.Revision) continue;
            if (await client.ReadAsync(entry.Name, cancel) is not { } policy) continue;
            policies = policies.SetItem(entry.Name, policy);
            View = View with { Policies = policies };
        }
        if (memory is not null && (before.Listed is not { } listed || !listed.SequenceEqual(list.Policies) || !before.Policies.SequenceEqual(policies))) Keep(memory, View);
    }

    private async Task TellAsync(CancellationToken cancel)
    {
        var next = bindings();
        if (next == _told) return;
        await client.TellAsync(cluster, next, cancel);
        _told = next;
    }

    private static void Keep(string file, ManagerView view)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var next = file + ".new";
        using (var stream = new FileStream(next, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            JsonSerializer.Serialize(stream, new ManagerMemory(view.Listed ?? [], [.. view.Policies.Values]), ManagerJson.Default.ManagerMemory);
        File.Move(next, file, overwrite: true);
    }

    private static ManagerView Remember(string? file)
    {
        try
        {
            if (file is null || !File.Exists(file) || JsonSerializer.Deserialize(File.ReadAllBytes(file), ManagerJson.Default.ManagerMemory) is not { } memory) return ManagerView.Unknown;
            return ManagerView.Unknown with { Listed = [.. memory.Listed], Policies = memory.Policies.ToImmutableSortedDictionary(policy => policy.Name, policy => policy, StringComparer.Ordinal) };
        }
        catch (Exception error) when (error is JsonException or IOException)
        {
            // Half a memory is none: it is asked anew.
            return ManagerView.Unknown;
        }
    }
}
