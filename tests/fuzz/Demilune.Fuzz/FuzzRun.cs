using System.Diagnostics;
using System.Globalization;

namespace Demilune.Fuzz;

/// <summary>Feeds one target with mutations of its corpus until the time is over or something is found.</summary>
internal sealed class FuzzRun(FuzzTarget target, string corpus, int seed)
{
    /// <summary>No input is larger than 16 KiB, and no parser of ours needs a second for it; a machine that is busy with other things may.</summary>
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(30);

    /// <summary>What a target may keep alive between two inputs.</summary>
    private const long MaxLiveBytes = 512L << 20;

    /// <returns>False if an input broke the target; it is then in the corpus' sibling "finds".</returns>
    public bool For(TimeSpan time)
    {
        List<byte[]> seeds = [[]];
        if (Directory.Exists(corpus)) seeds.AddRange(Directory.EnumerateFiles(corpus).Order().Select(File.ReadAllBytes));
        var mutator = new Mutator(new Random(seed), seeds);
        var clock = Stopwatch.StartNew();
        var inputs = 0L;
        foreach (var known in seeds)
            if (!Survives(known)) return false;
        while (clock.Elapsed < time)
        {
            if (!Survives(mutator.Next())) return false;
            if (++inputs % 10_000 == 0 && GC.GetTotalMemory(forceFullCollection: false) > MaxLiveBytes && GC.GetTotalMemory(forceFullCollection: true) > MaxLiveBytes)
            {
                Console.Error.WriteLine($"{target.Name}: more than {MaxLiveBytes} bytes stay alive after {inputs} inputs (seed {seed})");
                return false;
            }
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: {inputs} inputs from {seeds.Count - 1} seeds, nothing found (seed {seed})"));
        return true;
    }

    private bool Survives(byte[] input)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            target.Run(input);
        }
        catch (Exception e)     // any exception is what we look for
        {
            Report(input, e.ToString());
            return false;
        }
        if (Stopwatch.GetElapsedTime(started) < s_hang) return true;
        Report(input, $"took {Stopwatch.GetElapsedTime(started)}");
        return false;
    }

    private void Report(byte[] input, string what)
    {
        var finds = Path.Combine(Path.GetTempPath(), "demilune-fuzz-finds");
        Directory.CreateDirectory(finds);
        var path = Path.Combine(finds, $"{target.Name}-{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(input).AsSpan(0, 6))}");
        File.WriteAllBytes(path, input);
        Console.Error.WriteLine($"{target.Name}: {what}\n  input: {path} ({input.Length} bytes, seed {seed})");
    }
}
