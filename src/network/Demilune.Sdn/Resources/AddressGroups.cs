using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class AddressGroups : Collection<AddressGroup>
{
    /// <summary>Enough for every pod of a large cluster behind one selector; an eBPF trie of that size is still small.</summary>
    private const int MaxAddresses = 65_536;

    private static readonly Check Prefix = (ref value) =>
    {
        if (Checks.Prefix(ref value) is { } objection) return objection;
        value = Cidr.Parse(Checks.TextOf(value)!).Normalized;
        return null;
    };

    /// <summary>Of members that come and go a bare address stands for itself alone; of those that a group is made with it does not.</summary>
    private static readonly Check LaterMember = (ref value) =>
    {
        if (Checks.TextOf(value) is not { } text || !Address.TryParse(text, out var address)) return Prefix(ref value);
        value = $"{address}/{address.Bits}";
        return null;
    };

    private static readonly Check LaterMembers = Checks.ListOf(LaterMember, MaxAddresses);

    public static Check Addresses { get; } = Checks.ListOf(Prefix, MaxAddresses);

    public override AttributeTable Attributes { get; } = new(
        standard: true,
        Attribute.Once("addresses", (ref value) => { value ??= new JsonArray(); return Addresses(ref value); }) with { Default = () => new JsonArray() },
        Attribute.ReadOnly("shared"));

    public override string? SharedAs => "address_group";

    public override bool HidesFromStrangers => true;

    public override Fault NotFound(string id) => new(404, "AddressGroupNotFound", $"Address group {id} could not be found.");

    public override IReadOnlyDictionary<string, MemberAction> Actions { get; } = new Dictionary<string, MemberAction>
    {
        ["add_addresses"] = (draft, group, body) => Change(draft, (AddressGroup)group, body, Add),
        ["remove_addresses"] = (draft, group, body) => Change(draft, (AddressGroup)group, body, Remove),
    };

    private delegate Fault? Membership(Draft draft, AddressGroup group, IReadOnlyList<string> addresses, out AddressGroup changed);

    private static ApiAnswer Change(Draft draft, AddressGroup group, JsonObject body, Membership change)
    {
        var value = body["addresses"];
        if (value is null) return ApiAnswer.Of(Fault.BadRequest("Failed to parse request. Required attribute 'addresses' not specified"));
        if (LaterMembers(ref value) is { } objection) return ApiAnswer.Of(new(400, "AddrFormatError", objection.Reason));
        return change(draft, group, [.. value!.AsArray().Select(item => item!.GetValue<string>())], out var changed) is { } fault
            ? ApiAnswer.Of(fault)
            : NetworkApi.One(Collections.Of(typeof(AddressGroup)), changed, draft, 200);
    }

    /// <param name="addresses">Already canonical.</param>
    public static Fault? Add(Draft draft, AddressGroup group, IReadOnlyList<string> addresses, out AddressGroup changed)
    {
        changed = group;
        var known = group.Addresses!.ToHashSet(StringComparer.Ordinal);
        var there = addresses.Where(known.Contains).ToList();
        if (there.Count > 0)
            return new(400, "AddressesAlreadyExist", $"Addresses {PythonList(there)} already exist in the address group {group.Id}.");
        if (known.Count + addresses.Count > MaxAddresses)
            return new(409, "OverQuota", $"Quota exceeded for resources: ['address']. An address group holds at most {MaxAddresses}.");
        changed = draft.Revised(group with { Addresses = [.. group.Addresses!, .. addresses] });
        draft.Put(changed);
        return null;
    }

    /// <param name="addresses">Already canonical.</param>
    public static Fault? Remove(Draft draft, AddressGroup group, IReadOnlyList<string> addresses, out AddressGroup changed)
    {
        changed = group;
        var known = group.Addresses!.ToHashSet(StringComparer.Ordinal);
        var absent = addresses.Where(address => !known.Contains(address)).ToList();
        if (absent.Count > 0)
            return new(404, "AddressesNotFound", $"Addresses {PythonList(absent)} not found in the address group {group.Id}.");
        changed = draft.Revised(group with { Addresses = [.. group.Addresses!.Except(addresses)] });
        draft.Put(changed);
        return null;
    }

    protected override Fault? OnCreate(Draft draft, ref AddressGroup made)
    {
        made = made with { Shared = false };
        return null;
    }

    protected override Fault? OnDelete(Draft draft, AddressGroup gone) =>
        draft.State.Referrers<SecurityGroupRule>(gone.Id).Any() || draft.State.Referrers<FlowClassifier>(gone.Id).Any()
            ? new(409, "AddressGroupInUse", $"Address group {gone.Id} is in use on one or more security group rules.")
            : null;

    private static string PythonList(IEnumerable<string> items) => $"[{string.Join(", ", items.Select(item => $"'{item}'"))}]";
}
