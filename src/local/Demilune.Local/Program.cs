using Demilune.Local;
using Demilune.Local.Images;
using Demilune.Local.Node;

// The host of the local cluster: the API server in Kestrel, its controllers, and the node role as hosted services.
if (args is ["image", .. var imageArguments]) return await ImageCommand.RunAsync(imageArguments);
if (args is ["--help" or "-h" or "help", ..])
{
    await Console.Out.WriteLineAsync(LocalOptions.Usage);
    return 0;
}
LocalOptions options;
try
{
    options = LocalOptions.Parse(args);
}
catch (FormatException error)
{
    await Console.Error.WriteLineAsync($"demilune-local: {error.Message} (--help explains them)");
    return 2;
}
if (options.Uninstall)
{
    using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(2));
    return await Uninstall.RunAsync(options, stop.Token);
}
await using var cluster = LocalCluster.Build(options, NodeRole.AddTo);
await cluster.RunAsync();
return 0;
