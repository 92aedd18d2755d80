using Demilune.Examples.SecurityManager;

// security-manager RULES-DIRECTORY [--urls http://127.0.0.1:8090] [--token-file FILE] [--callback http://127.0.0.1:7480/v1/managers/NAME/changed]
if (args is not [{ } directory, ..] || !Directory.Exists(directory))
{
    Console.Error.WriteLine("usage: security-manager RULES-DIRECTORY [--urls URL] [--token-file FILE] [--callback URL]");
    return 2;
}
var configuration = new ConfigurationBuilder().AddCommandLine(args[1..]).Build();
var token = configuration["token-file"] is { } file ? File.ReadAllText(file).Trim() : null;
await using var manager = Manager.Build(directory, configuration["urls"] ?? "http://127.0.0.1:8090", token, configuration["callback"] is { } url ? new Uri(url) : null);
await manager.RunAsync();
return 0;
