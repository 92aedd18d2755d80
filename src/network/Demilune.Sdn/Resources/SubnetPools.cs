using System.Globalization;
using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class SubnetPools : Collection<SubnetPool>
{
    /// <summary>Bounds the work of finding a free prefix.</summary>
    private const int MaxPrefixes = 128;

    private static readonly Check Prefixes = Checks.ListOf(Checks.Prefix, MaxPrefixes);
    private static readonly Check Length = Checks.Int(0, int.MaxValue);

    public override AttributeTable Attributes { get; } = new(
        standard: true,
        new("name", Checks.SomeText(255)) { Required = true },
        new("prefixes", Prefixes) { Required = true },
        Bound("default_prefixlen"), Bound("min_prefixlen"), Bound("max_prefixlen"), Bound("default_quota"),
        new("is_default", Checks.Bool) { Default = () => false, AdminSets = true },
        new("address_scope_id", Checks.OrNull(Checks.Uuid)),
        Attribute.Once("shared", Checks.Bool) with { Default = () => false, AdminSets = true },
        Attribute.ReadOnly("ip_version"));

    public override string? SharedAs => "subnetpool";

    public override IReadOnlyDictionary<string, MemberAction> Actions { get; } = new Dictionary<string, MemberAction>
    {
        ["add_prefixes"] = (draft, pool, body) => ChangePrefixes(draft, (SubnetPool)pool, body, (had, given) => [.. had, .. given]),
        ["remove_prefixes"] = (draft, pool, body) => ChangePrefixes(draft, (SubnetPool)pool, body, Prefix.Without),
    };

    public override Fault NotFound(string id) => new(404, "SubnetPoolNotFound", $"Subnet pool {id} could not be found.");

    /// <summary>The pool of subnets that ask for the default.</summary>
    public static SubnetPool? Default(NetworkState state, int version) => state.Find<SubnetPool>(state.Holder(DefaultKey(version)));

    /// <summary>A free prefix of the pool: the one that is asked for, or the first of the length in the tightest hole.</summary>
    public static Fault? Allocate(Draft draft, SubnetPool pool, string project, Cidr? wanted, int? length, out Cidr given)
    {
        given = default;
        var bits = wanted?.Length ?? length ?? pool.DefaultPrefixlen!.Value;
        if (bits > pool.MaxPrefixlen)
            return new(400, "MaxPrefixSubnetAllocationError", $"Unable to allocate subnet with prefix length {bits}, maximum allowed prefix is {pool.MaxPrefixlen}.");
        if (bits < pool.MinPrefixlen)
            return new(400, "MinPrefixSubnetAllocationError", $"Unable to allocate subnet with prefix length {bits}, minimum allowed prefix is {pool.MinPrefixlen}.");
        var subnets = draft.State.Referrers<Subnet>(pool.Id).ToList();
        if (pool.DefaultQuota is { } quota)
        {
            var used = subnets.Where(subnet => subnet.ProjectId == project).Sum(subnet => Units(pool, Subnets.PrefixOf(subnet).Length));
            if (used + Units(pool, bits) > quota) return new(409, "SubnetPoolQuotaExceeded", "Per-tenant subnet pool prefix quota exceeded.");
        }
        var free = Prefix.Free(pool.Prefixes!.Select(Cidr.Parse), subnets.Select(Subnets.PrefixOf));
        if (wanted is { } exact)
        {
            given = exact;
            return free.Any(hole => hole.Length <= exact.Length && hole.Contains(exact.First)) ? null
                : new(409, "SubnetAllocationError", "Failed to allocate subnet: Cannot allocate requested subnet from the available set of prefixes.");
        }
        foreach (var hole in free.OrderByDescending(hole => hole.Length).ThenBy(hole => hole.First))
            if (hole.Length <= bits)
            {
                given = new(hole.First, bits);
                return null;
            }
        return new(409, "SubnetAllocationError", $"Failed to allocate subnet: Insufficient prefix space to allocate subnet size /{bits}.");
    }

    protected override Fault? OnCreate(Draft draft, ref SubnetPool made) => CompleteFault(draft, ref made, null);

    /// <summary>What somebody else's scope holds together is not changed without him.</summary>
    protected override Fault? OnUpdate(Draft draft, SubnetPool was, ref SubnetPool now) =>
        draft.State.Find<AddressScope>(was.AddressScopeId) is { } scope && !draft.Owns(scope)
            ? new(400, "IllegalSubnetPoolUpdate",
                $"Illegal subnetpool update : subnetpool {was.Id} cannot be updated when associated with shared address scope {scope.Id}.")
            : CompleteFault(draft, ref now, was);

    protected override Fault? OnDelete(Draft draft, SubnetPool gone) =>
        draft.State.Referrers<Subnet>(gone.Id).Any()
            ? new(400, "SubnetPoolDeleteError", $"Unable to delete subnet pool: Subnet pool has existing allocations.")
            : null;

    protected override IEnumerable<string> References(SubnetPool resource) => resource.AddressScopeId is { } scope ? [scope] : [];

    protected override IEnumerable<string> Keys(SubnetPool resource) => resource.IsDefault is true ? [DefaultKey(resource.IpVersion!.Value)] : [];

    /// <summary>Neutron shows the lengths as text.</summary>
    protected override void Complete(NetworkState state, SubnetPool resource, JsonObject view)
    {
        foreach (var name in (string[])["default_prefixlen", "min_prefixlen", "max_prefixlen"])
            if (view[name] is { } number)
                view[name] = number.ToString();
    }

    private static string DefaultKey(int version) => string.Create(CultureInfo.InvariantCulture, $"default-subnet-pool:{version}");

    /// <summary>Not said, a bound is derived from the prefixes; null does not say either.</summary>
    private static Attribute Bound(string name) => new(name, Length);

    /// <summary>Quotas count addresses in IPv4 and /64s in IPv6.</summary>
    private static double Units(SubnetPool pool, int length) => Math.Pow(2, (pool.IpVersion == 6 ? 64 : 32) - length);

    private static Fault? CompleteFault(Draft draft, ref SubnetPool pool, SubnetPool? was)
    {
        if (pool.Prefixes!.Count == 0) return new(400, "EmptySubnetPoolPrefixList", "Empty subnet pool prefix list.");
        var prefixes = pool.Prefixes.Select(Cidr.Parse).ToList();
        if (prefixes.Exists(prefix => prefix.IsV6 != prefixes[0].IsV6))
            return new(400, "PrefixVersionMismatch", "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.");
        var version = prefixes[0].IsV6 ? 6 : 4;
        var (bits, smallest) = version == 6 ? (128, 64) : (32, 8);
        pool = pool with
        {
            IpVersion = version,
            Prefixes = [.. Prefix.Compact(prefixes).Select(prefix => prefix.Normalized)],
            MinPrefixlen = pool.MinPrefixlen ?? smallest,
            MaxPrefixlen = pool.MaxPrefixlen ?? bits,
            DefaultPrefixlen = pool.DefaultPrefixlen ?? pool.MinPrefixlen ?? smallest,
        };
        if (was is not null)
        {
            var now = pool.Prefixes.Select(Cidr.Parse).ToList();
            if (was.Prefixes!.Any(prefix => !now.Exists(kept => kept.Covers(Cidr.Parse(prefix)))))
                return new(400, "IllegalSubnetPoolPrefixUpdate", "Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes.");
        }
        if (pool.MinPrefixlen > pool.MaxPrefixlen) return Bounds("min_prefixlen", pool.MinPrefixlen, "max_prefixlen", pool.MaxPrefixlen);
        if (pool.MaxPrefixlen > bits)
            return Bounds("max_prefixlen", pool.MaxPrefixlen, "wildcard", bits);
        if (pool.DefaultPrefixlen < pool.MinPrefixlen) return Bounds("default_prefixlen", pool.DefaultPrefixlen, "min_prefixlen", pool.MinPrefixlen);
        if (pool.DefaultPrefixlen > pool.MaxPrefixlen) return Bounds("default_prefixlen", pool.DefaultPrefixlen, "max_prefixlen", pool.MaxPrefixlen);
        if (pool.IsDefault is true && draft.State.Holder(DefaultKey(version)) is { } other && other != pool.Id)
            return Fault.InvalidInput($"A default subnetpool for this IP family has already been set. Only one default may exist per IP family");
        return AddressScopes.PoolFault(draft, pool);
    }

    private static Fault Bounds(string what, int? value, string bound, int? limit) => new(
        400, "IllegalSubnetPoolPrefixBounds", $"Illegal prefix bounds: {what}={value} : {bound}={limit}.");

    private static ApiAnswer ChangePrefixes(
        Draft draft, SubnetPool pool, JsonObject body, Func<IReadOnlyList<Cidr>, IReadOnlyList<Cidr>, IReadOnlyList<Cidr>> change)
    {
        var value = body["prefixes"];
        if (value is null) return ApiAnswer.Of(Fault.BadRequest("Failed to parse request. Required attribute 'prefixes' not specified"));
        if (Prefixes(ref value) is { } objection) return ApiAnswer.Of(objection.In("prefixes"));
        var had = pool.Prefixes!.Select(Cidr.Parse).ToList();
        var given = value!.AsArray().Select(prefix => Cidr.Parse(prefix!.GetValue<string>())).ToList();
        if (given.Exists(prefix => prefix.IsV6 != had[0].IsV6))
            return ApiAnswer.Of(new(400, "PrefixVersionMismatch", "Cannot mix IPv4 and IPv6 prefixes in a subnet pool."));
        var now = Prefix.Compact(change(had, given));
        if (draft.State.Referrers<Subnet>(pool.Id).FirstOrDefault(subnet => !now.Any(prefix => prefix.Covers(Subnets.PrefixOf(subnet)))) is { } stranded)
            return ApiAnswer.Of(new(400, "IllegalSubnetPoolPrefixUpdate", $"Illegal update to prefixes: subnet {stranded.Cidr} is allocated from them."));
        var changed = draft.Revised(pool with { Prefixes = [.. now.Select(prefix => prefix.Normalized)] });
        if (AddressScopes.PoolFault(draft, changed) is { } fault) return ApiAnswer.Of(fault);
        draft.Put(changed);
        return new(200, new JsonObject { ["prefixes"] = new JsonArray([.. changed.Prefixes!.Select(prefix => JsonValue.Create(prefix))]) });
    }
}
