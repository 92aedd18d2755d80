namespace Demilune.Controller.Hosting;

/// <summary>Something that must have happened before the process is of use.</summary>
internal interface IReadiness
{
    /// <summary>Null: ready. Else what is still missing, in a few words: "Kubernetes' pods are not yet listed".</summary>
    string? Missing { get; }
}
