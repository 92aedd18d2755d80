using CsCheck;
using Demilune.Linux.Bpf;

namespace Demilune.Linux.Tests.Bpf;

public sealed class ElfReaderTests
{
    private static readonly byte[] Good = File.ReadAllBytes(SpliceObject.Path);

    [Fact]
    public void The_same_bytes_give_the_same_spec()
    {
        var (first, second) = (BpfObjectSpec.Parse(Good), BpfObjectSpec.Parse(Good));
        Assert.Equal(first.Maps, second.Maps);
        Assert.Equal(first.Programs.Select(program => program.Name), second.Programs.Select(program => program.Name));
    }

    [Fact]
    public void Every_map_that_a_program_refers_to_is_defined() => Assert.All(BpfObjectSpec.Parse(Good) is var spec ? spec.Programs : [],
        program => Assert.All(program.References, reference => Assert.Contains(spec.Maps, map => map.Name == reference.Map)));

    [Fact]
    public void Table_sizes_can_be_chosen()
    {
        var spec = BpfObjectSpec.Parse(Good).WithEntries(new Dictionary<string, uint> { ["flows"] = 77 });
        Assert.Equal(77u, spec.Maps.Single(map => map.Name == "flows").MaxEntries);
    }

    [Fact]
    public void A_damaged_file_is_refused_and_nothing_worse() => Gen.Select(Gen.Int[0, Good.Length - 1], Gen.Byte, Gen.Int[0, Good.Length]).Sample((at, value, cut) =>
    {
        byte[] damaged = [.. Good.AsSpan(0, Math.Max(cut, at + 1))];
        damaged[at] = value;
        try
        {
            BpfObjectSpec.Parse(damaged);
        }
        catch (InvalidDataException)
        {
        }
    }, iter: 300);

    [Theory]
    [InlineData("")]
    [InlineData("not an object at all, but long enough to hold a header of sixty-four bytes, or so")]
    public void What_is_no_object_is_refused(string text) => Assert.Throws<InvalidDataException>(() => BpfObjectSpec.Parse(System.Text.Encoding.ASCII.GetBytes(text)));
}
