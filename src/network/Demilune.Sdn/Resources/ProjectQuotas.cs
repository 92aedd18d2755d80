using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

/// <summary>Quotas that were set, as objects of the store; the API reaches them through <see cref="Quotas"/>.</summary>
internal sealed class ProjectQuotas : Collection<ProjectQuota>
{
    public override bool Routed => false;

    public override AttributeTable Attributes { get; } = new(standard: false);

    public override Fault NotFound(string id) => new(404, "TenantQuotaNotFound", $"Quota for tenant {id} could not be found.");

    protected override Fault? OnCreate(Draft draft, ref ProjectQuota made) => null;
}
