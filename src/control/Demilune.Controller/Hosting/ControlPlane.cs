namespace Demilune.Controller.Hosting;

/// <summary>Where Raven and the orchestrator join the process.</summary>
internal static class ControlPlane
{
    /// <summary>
    /// Adds what works on Kubernetes. Given: <see cref="Demilune.Neutron.INeutron"/>, <see cref="ControllerOptions"/>, TimeProvider, loggers. To be
    /// added: hosted services, any number of <see cref="Demilune.Contracts.Nodes.INodeObserver"/>, one <see cref="Demilune.Contracts.Nodes.INodeSupplement"/>,
    /// and an <see cref="IReadiness"/> each for what <c>/readyz</c> must wait for.
    /// </summary>
    public static void AddControlPlane(this IServiceCollection services, ControllerOptions options)
    {
        _ = services;
        _ = options;
    }
}
