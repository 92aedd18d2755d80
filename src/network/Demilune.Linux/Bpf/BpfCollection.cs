namespace Demilune.Linux.Bpf;

/// <summary>The tables and programs of one object, in the kernel.</summary>
public sealed class BpfCollection : IDisposable
{
    private BpfCollection(Dictionary<string, BpfMap> maps, Dictionary<string, BpfProgram> programs) => (Maps, Programs) = (maps, programs);

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, BpfMap> Maps { get; }

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, BpfProgram> Programs { get; }

    /// <summary>Opens the tables that are pinned in <paramref name="pinDirectory"/>, makes and pins the others, loads the programs.</summary>
    /// <exception cref="BpfException">The kernel refused; what was made so far is closed, what was pinned stays.</exception>
    public static BpfCollection Load(BpfObjectSpec spec, string pinDirectory)
    {
        var maps = new Dictionary<string, BpfMap>();
        var programs = new Dictionary<string, BpfProgram>();
        var collection = new BpfCollection(maps, programs);
        try
        {
            foreach (var map in spec.Maps)
            {
                var path = Path.Combine(pinDirectory, map.Name);
                if (BpfMap.OpenPinned(path, map) is { } pinned)
                {
                    maps.Add(map.Name, pinned);
                    continue;
                }
                maps.Add(map.Name, BpfMap.Create(map));
                maps[map.Name].Pin(path);
            }
            foreach (var program in spec.Programs) programs.Add(program.Name, BpfProgram.Load(program, spec.License, maps));
            return collection;
        }
        catch
        {
            collection.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var program in Programs.Values) program.Dispose();
        foreach (var map in Maps.Values) map.Dispose();
    }
}
