using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Demilune.Sdn.Store.Etcd;

/// <summary>Hears what other controllers write. No write waits for it: one that meets what the watch would have brought reads everything.</summary>
internal sealed partial class EtcdNetworkStore
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>After as much silence a watch is not believed: a connection can be dead, and a gateway begun before its server, without a word.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    /// <summary>Until the store is closed. A watch that broke is begun again where it broke.</summary>
    private async Task FollowAsync(long from, CancellationToken stop)
    {
        var pause = ShortestPause;
        while (!stop.IsCancellationRequested)
        {
            var began = from;
            try
            {
                await foreach (var message in AttentiveAsync(() => from, stop))
                {
                    from = Hear(message, from);
                    // etcd is done with this watch and leaves its stream open.
                    if (IsTooLate(message)) break;
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Whatever it was: a controller that no longer hears the others would go on with an old network, and nobody would know.
                LogDeaf(error, from, pause);
            }
            await Task.Delay(pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = from != began ? ShortestPause : pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    /// <summary>What a watch says, as long as it says what there is to say.</summary>
    /// <param name="next">The revision that is to be heard next.</param>
    /// <exception cref="IOException">It broke, or is silent though there are writes.</exception>
    private async IAsyncEnumerable<JsonObject> AttentiveAsync(Func<long> next, [EnumeratorCancellation] CancellationToken stop)
    {
        using var watch = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var messages = _etcd.WatchAsync(WatchFrom(next()), watch.Token).GetAsyncEnumerator(watch.Token);
        while (true)
        {
            var more = messages.MoveNextAsync().AsTask();
            try
            {
                while (!await IsSaidAsync(more, stop))
                    if (Written() >= next()) throw new IOException($"etcd has written since revision {next()}, and its watch says nothing of it");
            }
            finally
            {
                if (!more.IsCompleted)
                {
                    await watch.CancelAsync();
                    await ((Task)more).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
            if (!await more) yield break;
            yield return messages.Current;
        }
    }

    /// <returns>False: it was silent for too long.</returns>
    private static async Task<bool> IsSaidAsync(Task message, CancellationToken stop)
    {
        try
        {
            await message.WaitAsync(Silence, stop);
            return true;
        }
        catch (TimeoutException) when (!message.IsCompleted)
        {
            return false;
        }
    }

    /// <returns>The revision that is to be heard next.</returns>
    private long Hear(JsonObject message, long from)
    {
        if (IsTooLate(message))
        {
            var (revision, written, resources) = ReadAll();
            Tell(written, Whole(resources));
            return revision + 1;
        }
        foreach (var write in Events(message).GroupBy(one => one.Revision)) Tell(write.Key, new([.. write.Select(one => one.Change).OfType<Change>()], false));
        return Math.Max(from, EtcdClient.Number(message["header"]?["revision"]) + 1);
    }

    /// <summary>We were away for longer than etcd remembers.</summary>
    private static bool IsTooLate(JsonObject message) => EtcdClient.Number(message["compact_revision"]) > 0;

    private JsonObject WatchFrom(long revision) => new()
    {
        ["key"] = EtcdClient.Encode(_prefix), ["range_end"] = EtcdClient.Encode(EtcdClient.EndOf(_prefix)), ["start_revision"] = $"{revision}", ["prev_kv"] = true, ["progress_notify"] = true,
    };

    /// <summary>The revision of the last write of any controller.</summary>
    private long Written()
    {
        var answer = _etcd.Call("v3/kv/range", new JsonObject { ["key"] = EtcdClient.Encode(_writtenKey), ["keys_only"] = true });
        return EtcdClient.Number(answer["kvs"]?[0]?["mod_revision"]);
    }

    [LoggerMessage(2110, LogLevel.Warning, "etcd: what other controllers write is not heard from revision {Revision} on; it is tried again after {Pause}")]
    private partial void LogDeaf(Exception error, long revision, TimeSpan pause);
}
