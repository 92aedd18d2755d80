using System.CommandLine;
using Demilune.Cli.Observe;
using Demilune.Cli.Policies.Cases;

namespace Demilune.Cli.Policies;

/// <summary><c>demilune policy diff MANIFESTS</c>: which connections a change would open, close, or send through a firewall.</summary>
internal static class PolicyDiffCommand
{
    private const int Differs = 1, MaxShown = 200;

    public static Command Create()
    {
        var change = new Argument<string[]>("manifests") { Description = "What would be applied: files or directories.", Arity = ArgumentArity.ZeroOrMore };
        var delete = new Option<string[]>("--delete") { Description = "What would be deleted, for example \"NetworkPolicy shop/db\"; may be given more than once." };
        var flows = new Option<FileInfo?>("--flows") { Description = "Recorded flows (demilune flows --json): say what would become of these, instead of all that can be asked." };
        var command = new Command("diff", "Says which connections a change would open or close: between pods, and between pods and the addresses and names that policies speak of. Exit code 0: none; 1: some; 2: unanswered.")
        {
            change, delete, flows, PolicySource.Files, ControllerOptions.Kubeconfig,
        };
        command.SetAction(Answer.Of("policy diff", async (parsed, output, stop) =>
        {
            var (applied, deleted) = (parsed.GetValue(change) ?? [], parsed.GetValue(delete) ?? []);
            if (applied.Length + deleted.Length == 0) throw new InvalidDataException("which change? demilune policy diff MANIFESTS, or --delete 'KIND NAMESPACE/NAME'");
            var recorded = parsed.GetValue(flows) is { } file ? RecordedFlows.Read(file.FullName) : null;
            var before = await PolicySource.ReadAsync(parsed, stop);
            var after = new ClusterObjects();
            foreach (var manifest in before.All) after.Apply(manifest);
            foreach (var gone in deleted)
                if (!after.Delete(gone)) throw new InvalidDataException($"there is no {gone} to delete; an object is named as 'KIND NAMESPACE/NAME' or 'KIND NAME'");
            PolicySource.Apply(applied, after);
            return Write(before, after, recorded, output);
        }));
        return command;
    }

    /// <param name="recorded">Null: everything that can be asked.</param>
    internal static int Write(ClusterObjects before, ClusterObjects after, IReadOnlyList<Question>? recorded, TextWriter output)
    {
        var (old, next) = (new PolicyAnswers(before), new PolicyAnswers(after));
        var (asked, changed) = (0, 0);
        foreach (var question in recorded ?? PolicyAnswers.Everything(old, next))
        {
            var (v4, v6) = (Change(question, v6: false), Change(question, v6: true));
            if (v4 is null && v6 is null) continue;
            asked++;
            // Most policies are the same for both families: said once.
            if (v4 == v6 || v6 is null or "") Tell(question, v4, "");
            else if (v4 is null or "") Tell(question, v6, " over IPv6");
            else
            {
                Tell(question, v4, " over IPv4");
                Tell(question, v6, " over IPv6");
            }
        }
        if (changed > MaxShown) output.WriteLine($"… and {changed - MaxShown} more");
        output.WriteLine($"{asked} connections, {changed} change");
        Others("that come", next, old);
        Others("that go", old, next);
        return changed == 0 ? 0 : Differs;

        string? Change(Question question, bool v6)
        {
            if (old.Of(question, v6) is not { } was || next.Of(question, v6) is not { } will) return null;
            return was == will ? "" : $"{was} → {will}";
        }

        void Tell(Question question, string? change, string family)
        {
            if (string.IsNullOrEmpty(change)) return;
            if (++changed <= MaxShown) output.WriteLine($"{question.From} → {question.To} {question.Protocol.ToString().ToUpperInvariant()}/{question.Port}{family}: {change}");
        }

        void Others(string which, PolicyAnswers here, PolicyAnswers there)
        {
            var pods = here.Pods.Keys.Except(there.Pods.Keys).Order(StringComparer.Ordinal).ToList();
            if (pods.Count > 0) output.WriteLine($"not compared, pods {which}: {string.Join(", ", pods)}");
        }
    }
}
