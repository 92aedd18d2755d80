using CsCheck;
using Demilune.Wire.Dnp3;

namespace Demilune.Wire.Tests.Dnp3;

public sealed class Dnp3Tests
{
    /// <summary>A SELECT of a relay (group 12, variation 1), as a master sent them.</summary>
    private const string Select = "05641ac40200030040f2c6c7030c0128010001000301640000008fda6400000000005b";

    private const string Confirm = "056408c40a000100fc42c1d000a350";

    [Fact]
    public void A_control_is_read_field_by_field()
    {
        var fragment = Fragment(Select);
        var header = Assert.Single(fragment.Objects);
        Assert.Equal((3, (byte)12, (byte)1, 1u, 1), (fragment.Function, header.Group, header.Variation, header.Count, header.PointsRead));
        Assert.True(fragment.IsComplete);
        Assert.Equal(["index=1 op_type=3 qu=0 cr=0 tcc=0 count=1 ontime=100 offtime=100 status_code=0 reserved=0"], Points(fragment));
    }

    [Theory]
    [InlineData("c0020a01000009ff01", "0=1 1=1 2=1 3=1 4=1 5=1 6=1 7=1 8=1 9=0")]       // ten bits in two bytes
    [InlineData("c0020301000003e4", "0=0 1=1 2=2 3=3")]                                 // two bits each
    [InlineData("c0020a01000007ff", "0=1 1=1 2=1 3=1 4=1 5=1 6=1 7=1")]                 // eight bits end with their byte
    public void Packed_points_are_counted_in_bits(string hex, string expected)
    {
        var fragment = Application(hex);
        Assert.True(fragment.IsComplete);
        Assert.Equal(expected, string.Join(' ', Points(fragment)).Replace(" state", "").Replace("index=", ""));
    }

    [Theory]
    [InlineData("c0020c01280100010003")]            // half a point
    [InlineData("c002fa01070101")]                  // a group that nobody knows
    [InlineData("c0027804000009ff")]                // ten users in one byte
    [InlineData("c0024604000000")]                  // a file without its size
    [InlineData("c0027809 09 ffffffff")]            // four billion points of nothing
    [InlineData("c0024605 5b 01 0400 0102030405060708")]    // a size below that of the fields
    public void What_does_not_fit_is_told_and_ends_the_list(string hex)
    {
        var fragment = Application(hex.Replace(" ", ""));
        Assert.True(fragment.HasUnknownObject);
        Assert.False(fragment.IsComplete);
    }

    [Fact]
    public void No_fragment_makes_more_points_than_the_limit()
    {
        byte[] data = [0xc0, 0xc0, 2, 10, 1, 1, 0, 0, 0xff, 0xff, .. new byte[8192]];
        var fragment = new Dnp3Fragment();
        fragment.Begin(default, data, isRequest: true);
        fragment.ReadObjects();
        Assert.Equal(Dnp3Fragment.MaxPoints, fragment.Objects[0].PointsRead);
        Assert.False(fragment.IsComplete);
        Assert.False(fragment.TryAdd(new byte[Dnp3Fragment.MaxLength]));
    }

    [Fact]
    public void Checks_that_do_not_hold_are_told_and_the_next_frame_is_found()
    {
        var header = Convert.FromHexString(Select);
        header[8] ^= 1;
        var data = Convert.FromHexString(Select);
        data[^1] ^= 1;
        byte[] stream = [.. "DNP3 outstation\r\n"u8, .. header, .. data, .. Convert.FromHexString(Confirm)];
        Assert.Equal(["BadLinkCrc ", "BadDataCrc ", "UserData C1D000"], Frames(stream, stream.Length));
    }

    [Fact]
    public void How_a_stream_is_cut_changes_nothing()
    {
        byte[] stream = [5, 5, 0x64, .. Convert.FromHexString(Select), 5, .. Convert.FromHexString(Confirm), .. Convert.FromHexString(Select)];
        var whole = Frames(stream, stream.Length);
        Assert.Equal(4, whole.Count);
        Gen.Int[1, stream.Length].Sample(piece => Assert.Equal(whole, Frames(stream, piece)));
    }

    [Fact]
    public void A_frame_is_recognised_by_its_check_and_at_the_port_by_less()
    {
        var frame = Convert.FromHexString(Select);
        for (var length = 1; length < 10; length++) Assert.Equal(Detection.Incomplete, Dnp3Detection.OfFrame(frame.AsSpan(0, length)));
        Assert.Equal(Detection.Yes, Dnp3Detection.OfFrame(frame));
        frame[9] ^= 1;
        Assert.Equal(Detection.No, Dnp3Detection.OfFrame(frame));
        Assert.Equal(Detection.Yes, Dnp3Detection.OfAny(frame));
        Assert.Equal(Detection.Yes, Dnp3Detection.OfAny("Welcome to DNP3"u8));
        Assert.Equal(Detection.No, Dnp3Detection.OfAny("GET / HTTP/1.1"u8));
    }

    private static Dnp3Fragment Fragment(string hex)
    {
        ReadOnlySpan<byte> rest = Convert.FromHexString(hex);
        Assert.True(new Dnp3LinkReader().TryRead(ref rest, out _, out var link, out var data));
        return Read(link, data);
    }

    private static Dnp3Fragment Application(string hex) => Read(default, [0xc0, .. Convert.FromHexString(hex)]);

    private static Dnp3Fragment Read(Dnp3Link link, ReadOnlySpan<byte> data)
    {
        var fragment = new Dnp3Fragment();
        fragment.Begin(link, data, isRequest: true);
        fragment.ReadObjects();
        return fragment;
    }

    private static List<string> Points(Dnp3Fragment fragment)
    {
        var (found, values) = (new List<string>(), new Dnp3Value[Dnp3PointReader.MaxFields]);
        foreach (var header in fragment.Objects)
        {
            var layout = Dnp3Layouts.Find(header.Group, header.Variation)!;
            var reader = new Dnp3PointReader(fragment.Bytes, header, layout, values);
            while (reader.TryNext()) found.Add($"index={reader.Index} {string.Join(' ', layout.Fields.Select((field, i) => $"{field.Name}={values[i].Number}"))}");
        }
        return found;
    }

    private static List<string> Frames(byte[] stream, int piece)
    {
        var (reader, found) = (new Dnp3LinkReader(), new List<string>());
        foreach (var chunk in stream.Chunk(piece))
        {
            ReadOnlySpan<byte> rest = chunk;
            while (reader.TryRead(ref rest, out var outcome, out _, out var data)) found.Add($"{outcome} {Convert.ToHexString(data)}");
        }
        return found;
    }
}
