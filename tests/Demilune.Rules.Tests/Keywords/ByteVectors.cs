using Demilune.Rules.Buffers;

namespace Demilune.Rules.Tests.Keywords;

/// <summary>Numbers in a buffer, and where a relative condition goes on after them.</summary>
public sealed class ByteVectors
{
    [Theory]
    [InlineData("content:\"A\"; byte_extract:1,0,n,relative; content:\"B\"; distance:0; within:1;", "A\u0002B", true)]      // behind the number
    [InlineData("content:\"A\"; byte_extract:1,0,n,relative; content:\"B\"; distance:n; within:1;", "A\u0002xxB", true)]
    [InlineData("content:\"A\"; byte_math:bytes 1, offset 0, oper +, rvalue 1, result n, relative; content:\"B\"; distance:n; within:1;", "A\u0001xxB", true)]
    [InlineData("content:\"A\"; byte_test:1,=,2,0,relative; content:\"B\"; distance:1; within:1;", "A\u0002B", true)]           // a test moves nothing
    [InlineData("content:\"B\"; byte_jump:0,0,relative,post_offset -2; content:\"A\"; distance:0; within:1;", "AB", true)]
    [InlineData("content:\"B\"; byte_jump:0,0,relative,post_offset -9; content:\"A\"; distance:0; within:1;", "AB", true)]      // before the start is the start
    [InlineData("content:\"A\"; byte_extract:1,0,n,relative; byte_jump:n,0,relative; isdataat:0,relative;", "A\0B", true)]       // as many bytes as a variable says: none
    [InlineData("content:\"B\"; byte_jump:0,0,relative,post_offset 1; isdataat:!1,relative;", "AB", false)]                     // behind the end is nowhere
    public void A_number_is_a_place_too(string options, string payload, bool matches) => Assert.Equal(matches, RuleProbe.Matches(options, BufferId.PacketPayload, payload));
}
