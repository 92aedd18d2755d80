namespace Demilune.Local;

/// <summary>Puts the parts of the local cluster into one host.</summary>
public static class LocalCluster
{
    /// <param name="addRoles">Further hosted services; they start before the API listens, so they wait for <see cref="IHostApplicationLifetime.ApplicationStarted"/>.</param>
    public static WebApplication Build(LocalOptions options, Action<IServiceCollection>? addRoles = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(options);
        addRoles?.Invoke(builder.Services);
        return builder.Build();
    }
}
