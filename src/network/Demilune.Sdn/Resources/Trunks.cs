using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class Trunks : Collection<Trunk>
{
    /// <summary>A VLAN has 4,094 numbers, so a trunk cannot carry more.</summary>
    private const int MaxSubPorts = 4_094;

    private static readonly Check Members = (ref value) =>
    {
        if (Checks.ListOf(SubPortFault, MaxSubPorts)(ref value) is { } objection) return objection;
        var members = value!.AsArray();
        if (Twice(members.Select(member => Checks.TextOf(member!["port_id"]))) is { } port) return $"Duplicate port ID '{port}'";
        return Twice(members.Select(member => member!["segmentation_id"] is { } id ? $"{member["segmentation_type"]} {id}" : null)) is { } vlan
            ? $"Segmentation type and ID '{vlan}' is not unique" : null;
    };

    private static string? Twice(IEnumerable<string?> all) =>
        all.OfType<string>().GroupBy(one => one, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1)?.Key;

    public override AttributeTable Attributes { get; } = new(
        standard: true,
        Attribute.RequiredOnce("port_id", Checks.Uuid),
        new("admin_state_up", Checks.Bool) { Default = () => true },
        Attribute.Once("sub_ports", Members) with { Default = () => new JsonArray() },
        Attribute.ReadOnly("status"));

    public override IReadOnlyDictionary<string, MemberAction> Actions { get; } = new Dictionary<string, MemberAction>
    {
        ["add_subports"] = (draft, trunk, body) => Add(draft, (Trunk)trunk, body),
        ["remove_subports"] = (draft, trunk, body) => Remove(draft, (Trunk)trunk, body),
    };

    public override Fault NotFound(string id) => new(404, "TrunkNotFound", $"Trunk {id} could not be found.");

    /// <summary>Why a port that a trunk uses cannot be deleted.</summary>
    public static Fault? PortFault(NetworkState state, Port port) =>
        state.Find<Trunk>(state.Holder(ParentKey(port.Id))) is { } parent
            ? new(409, "PortInUseAsTrunkParent", $"Port {port.Id} is currently a parent port for trunk {parent.Id}.")
        : state.Find<Trunk>(state.Holder(MemberKey(port.Id))) is { } trunk
            ? new(409, "PortInUseAsSubPort", $"Port {port.Id} is currently a subport for trunk {trunk.Id}.")
        : null;

    /// <summary>What a parent port shows of its trunk; null: it is none.</summary>
    public static JsonObject? DetailsOf(NetworkState state, Port port) =>
        state.Find<Trunk>(state.Holder(ParentKey(port.Id))) is not { } trunk ? null : new()
        {
            ["trunk_id"] = trunk.Id,
            ["sub_ports"] = new JsonArray([.. (trunk.SubPorts ?? []).Select(member =>
            {
                var view = ViewOf(member);
                view["mac_address"] = state.Find<Port>(member.PortId)?.MacAddress;
                return view;
            })]),
        };

    public static JsonObject SubPorts(Trunk trunk) => new() { ["sub_ports"] = new JsonArray([.. (trunk.SubPorts ?? []).Select(ViewOf)]) };

    protected override Fault? OnCreate(Draft draft, ref Trunk made)
    {
        made = made with { SubPorts = made.SubPorts ?? [], Status = "DOWN" };
        if (ParentFault(draft, made) is { } fault) return fault;
        var members = made.SubPorts;
        made = made with { SubPorts = [] };
        return AddFault(draft, ref made, members);
    }

    protected override Fault? OnDelete(Draft draft, Trunk gone)
    {
        if (gone.AdminStateUp is false) return new(409, "TrunkDisabled", $"Trunk {gone.Id} is currently disabled.");
        if (draft.State.Find<Port>(gone.PortId) is { HostId: not (null or "") }) return new(409, "TrunkInUse", $"Trunk {gone.Id} is currently in use.");
        return null;
    }

    protected override IEnumerable<string> References(Trunk resource) =>
        [resource.PortId!, .. (resource.SubPorts ?? []).Select(member => member.PortId!)];

    protected override IEnumerable<string> Keys(Trunk resource) =>
    [
        ParentKey(resource.PortId!),
        .. (resource.SubPorts ?? []).SelectMany(member => (string[])[MemberKey(member.PortId!), $"trunk-vlan:{resource.Id}:{member.SegmentationId}"]),
    ];

    private static string ParentKey(string port) => "trunk-parent:" + port;

    private static string MemberKey(string port) => "trunk-member:" + port;

    private static Objection? SubPortFault(ref JsonNode? value)
    {
        if (value is not JsonObject member) return $"Invalid data format for subports: '{Checks.Python(value)}'";
        var id = member["port_id"];
        if (id is null) return "A valid port UUID must be specified";
        if (Checks.Uuid(ref id) is { } objection) return objection;
        if (member.ContainsKey("segmentation_id") && member["segmentation_type"] is null) return $"Invalid subport details '{Checks.Python(member)}': missing segmentation_type";
        if (member["segmentation_type"] is { } type && member["segmentation_id"] is null && Checks.TextOf(type) != "inherit")
            return $"Invalid subport details '{Checks.Python(member)}': missing segmentation_id";
        var number = member["segmentation_id"];
        if (number is not null && Checks.Int(int.MinValue, int.MaxValue)(ref number) is not null)
            return new($"Invalid subport details: segmentation_id '{Checks.Python(number)}' is not an integer", Conversion: true);
        if (number is not null && !ReferenceEquals(number, member["segmentation_id"])) member["segmentation_id"] = number;
        return null;
    }

    private static Fault? ParentFault(Draft draft, Trunk trunk)
    {
        if (draft.State.Find<Port>(trunk.PortId) is not { } parent || !draft.Sees(parent)) return Collections.Of(typeof(Port)).NotFound(trunk.PortId!);
        if (draft.State.Holder(ParentKey(parent.Id)) is not null) return new(409, "ParentPortInUse", $"Port {parent.Id} is currently in use and is not eligible for use as a parent port.");
        if (draft.State.Holder(MemberKey(parent.Id)) is not null) return new(409, "TrunkPortInUse", $"Port {parent.Id} is in use by another trunk.");
        return parent.HostId is null or "" ? null
            : new(409, "ParentPortInUse", $"Port {parent.Id} is currently in use and is not eligible for use as a parent port.");
    }

    private static int? Mtu(NetworkState state, Port port) => state.Find<Network>(port.NetworkId)?.Mtu;

    /// <summary>A subport may be on the VLAN that its network is on.</summary>
    private static SubPort Inherited(NetworkState state, SubPort member) =>
        member.SegmentationType == "inherit" && state.Find<Network>(state.Find<Port>(member.PortId)?.NetworkId) is { } network
            ? member with { SegmentationType = network.NetworkType, SegmentationId = network.SegmentationId } : member;

    private static Fault? AddFault(Draft draft, ref Trunk trunk, IReadOnlyList<SubPort> members)
    {
        var all = trunk.SubPorts!.ToList();
        var room = Mtu(draft.State, draft.State.Find<Port>(trunk.PortId)!);
        foreach (var said in members)
        {
            var member = Inherited(draft.State, said);
            if (member.PortId == trunk.PortId || draft.State.Holder(ParentKey(member.PortId!)) is not null)
                return new(409, "ParentPortInUse", $"Port {member.PortId} is currently in use and is not eligible for use as a parent port.");
            if (draft.State.Find<Port>(member.PortId) is not { } port || !draft.Sees(port)) return Collections.Of(typeof(Port)).NotFound(member.PortId!);
            if (member.SegmentationType is null || member.SegmentationId is null)
                return Fault.InvalidInput($"Invalid subport details '{ViewOf(member).ToJsonString()}': missing segmentation information. Must specify both segmentation_id and segmentation_type");
            if (member.SegmentationType != "vlan") return Fault.InvalidInput($"Unknown segmentation_type '{member.SegmentationType}'");
            if (member.SegmentationId is < 1 or > 4_094) return Fault.InvalidInput($"Segmentation ID '{member.SegmentationId}' is not in range");
            if (all.Exists(other => other.PortId == port.Id) || draft.State.Holder(MemberKey(port.Id)) is not null)
                return new(409, "TrunkPortInUse", $"Port {port.Id} is in use by another trunk.");
            if (port.DeviceId is not (null or ""))
                return new(409, "PortInUse", $"Unable to complete operation on port {port.Id} for network {port.NetworkId}. Port already has an attached device {port.DeviceId}.");
            if (Mtu(draft.State, port) is var mtu && mtu > room)
                return new(409, "SubPortMtuGreaterThanTrunkPortMtu", $"MTU {mtu} of subport {port.Id} cannot be greater than MTU {room} of trunk {trunk.Id}.");
            if (all.Exists(other => other.SegmentationId == member.SegmentationId))
                return new(409, "DuplicateSubPort", $"segmentation_type {member.SegmentationType} and segmentation_id {member.SegmentationId} already in use on trunk {trunk.Id}.");
            all.Add(member);
        }
        trunk = trunk with { SubPorts = all };
        return null;
    }

    private static ApiAnswer Add(Draft draft, Trunk trunk, JsonObject body)
    {
        if (trunk.AdminStateUp is false) return ApiAnswer.Of(new(409, "TrunkDisabled", $"Trunk {trunk.Id} is currently disabled."));
        var value = body["sub_ports"];
        if (value is null) return ApiAnswer.Of(Fault.InvalidInput("Invalid input for sub_ports. Reason: 'None' is not a list"));
        if (Members(ref value) is { } objection) return ApiAnswer.Of(Fault.InvalidInput(objection.Reason));
        if (Read(value!) is not { } members) return ApiAnswer.Of(Fault.InvalidInput("Invalid subport details: segmentation_id is not a number"));
        var changed = draft.Revised(trunk);
        if (AddFault(draft, ref changed, members) is { } fault) return ApiAnswer.Of(fault);
        draft.Put(changed);
        return new(200, Unwrapped(draft, changed));
    }

    private static ApiAnswer Remove(Draft draft, Trunk trunk, JsonObject body)
    {
        if (trunk.AdminStateUp is false) return ApiAnswer.Of(new(409, "TrunkDisabled", $"Trunk {trunk.Id} is currently disabled."));
        var value = body["sub_ports"];
        if (value is null || Members(ref value) is not null || Read(value!) is not { } members)
            return ApiAnswer.Of(Fault.InvalidInput("Invalid data format for subports"));
        var left = trunk.SubPorts!.ToList();
        foreach (var member in members)
            if (left.RemoveAll(kept => kept.PortId == member.PortId) == 0)
                return ApiAnswer.Of(new(404, "SubPortNotFound", $"SubPort {member.PortId} on trunk {trunk.Id} could not be found."));
        var changed = draft.Revised(trunk with { SubPorts = left });
        draft.Put(changed);
        return new(200, Unwrapped(draft, changed));
    }

    /// <summary>Neutron answers these two verbs without the member's name around the object.</summary>
    private static JsonObject Unwrapped(Draft draft, Trunk trunk) => NetworkApi.View(Collections.Of(typeof(Trunk)), trunk, draft);

    private static List<SubPort>? Read(JsonNode members)
    {
        var read = new List<SubPort>();
        foreach (var member in members.AsArray())
        {
            var number = member!["segmentation_id"];
            if (number is not null && Checks.Int(int.MinValue, int.MaxValue)(ref number) is not null) return null;
            read.Add(new()
            {
                PortId = member["port_id"]!.GetValue<string>(),
                SegmentationType = Checks.TextOf(member["segmentation_type"]),
                SegmentationId = number?.GetValue<int>(),
            });
        }
        return read;
    }

    private static JsonObject ViewOf(SubPort member) => new()
    {
        ["port_id"] = member.PortId, ["segmentation_type"] = member.SegmentationType, ["segmentation_id"] = member.SegmentationId,
    };
}
