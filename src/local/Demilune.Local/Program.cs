using Demilune.Local;

// The host of the local cluster: the API server in Kestrel, its controllers, and the node role as hosted services.
LocalOptions options;
try
{
    options = LocalOptions.Parse(args);
}
catch (FormatException error)
{
    await Console.Error.WriteLineAsync($"demilune-local: {error.Message}");
    return 2;
}
await using var cluster = LocalCluster.Build(options);
// The node role joins here: services.AddHostedService<…>() and services.AddSingleton<IPodRuntime>(…) through LocalCluster.Build's second argument.
await cluster.RunAsync();
return 0;
