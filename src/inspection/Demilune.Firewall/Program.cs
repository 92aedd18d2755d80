using System.Runtime.InteropServices;
using Demilune.Firewall;
using Demilune.Firewall.Health;

if (args is ["--help" or "-h" or "help"])
{
    Console.WriteLine(FirewallOptions.Usage);
    return 0;
}
if (FirewallOptions.TryParse(args, Environment.GetEnvironmentVariable, out var mistake) is not { } options)
{
    Console.Error.WriteLine($"demilune-firewall: {mistake}");
    return 2;
}
if (options.AskHealth)
{
    var answer = await HealthSocket.AskAsync(options.Health);
    Console.WriteLine(answer);
    return answer == HealthState.Ok ? 0 : 1;
}

using var stop = new CancellationTokenSource();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    await FirewallProcess.RunAsync(options, stop.Token);
    return 0;
}
catch (Exception failure)
{
    // The boundary of the process: whoever runs the container reads this line, and starts it again.
    Console.Error.WriteLine($"demilune-firewall: {failure.Message}");
    return 1;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
