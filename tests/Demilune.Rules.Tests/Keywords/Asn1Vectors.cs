using System.Text;
using Demilune.Rules.Buffers;

namespace Demilune.Rules.Tests.Keywords;

/// <summary>Elements that decoders were not made for. The first is the example of X.690, appendix A.3.</summary>
public sealed class Asn1Vectors
{
    private const string Record = "60818561101A044A6F686E1A01501A05536D697468A00A1A084469726563746F72420133A10A43083139373130393137A21261101A044D6172791A01541A05536D697468"
        + "A342311F61111A0552616C70681A01541A05536D697468A00A43083139353731313131311F61111A05537573616E1A01421A054A6F6E6573A00A43083139353930373137";

    [Theory]
    [InlineData("oversize_length 132 absolute_offset 0", Record, true)]
    [InlineData("oversize_length 133 absolute_offset 0", Record, false)]
    [InlineData("oversize_length 4", "30070405AABBCCDDEE", true)]           // an element within another
    [InlineData("oversize_length 132", "60818561", false)]                  // the rest is not there: not read
    [InlineData("bitstring_overflow", "0301FF", true)]
    [InlineData("bitstring_overflow, oversize_length 9", "030107", false)]
    [InlineData("bitstring_overflow", "2305030301FF00", false)]            // in pieces: none of the known faults
    [InlineData("bitstring_overflow absolute_offset 2", "AAAA0301FF", true)]
    [InlineData("bitstring_overflow absolute_offset 9", "0301FF", false)]
    [InlineData("double_overflow, bitstring_overflow", "0401000301FF", true)]      // one after another
    [InlineData("bitstring_overflow", "30800301FF0000", false)]            // until an end marker: not followed
    public void What_is_too_much_for_a_decoder_is_found(string options, string payload, bool matches) =>
        Assert.Equal(matches, RuleProbe.Matches($"asn1:{options};", BufferId.PacketPayload, Encoding.Latin1.GetString(Convert.FromHexString(payload))));

    [Theory]
    [InlineData(0x101, true)]
    [InlineData(0x100, false)]
    public void A_number_of_more_than_256_digits_is_found(int digits, bool matches) => Assert.Equal(matches, RuleProbe.Matches(
        "asn1:double_overflow, absolute_offset 0;", BufferId.PacketPayload, Encoding.Latin1.GetString([0x09, 0x82, (byte)(digits >> 8), (byte)digits, .. Enumerable.Repeat((byte)5, digits)])));

    [Theory]
    [InlineData("relative_offset 1", true)]
    [InlineData("relative_offset -2", false)]
    [InlineData("relative_offset 2", false)]
    public void A_place_counts_from_the_last_match(string place, bool matches) =>
        Assert.Equal(matches, RuleProbe.Matches($"content:\"ab\"; asn1:bitstring_overflow, {place};", BufferId.PacketPayload, "xxab\u0000\u0003\u0001\u00ff"));

    [Theory]
    [InlineData(3000)]
    [InlineData(31)]
    public void Very_many_elements_cost_little_and_are_nothing(int count) => Assert.False(RuleProbe.Matches(
        "asn1:bitstring_overflow;", BufferId.PacketPayload, Encoding.Latin1.GetString([.. Enumerable.Repeat((byte[])[0x30, 0], count).SelectMany(one => one), 3, 1, 0xff])));
}
