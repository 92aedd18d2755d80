using CsCheck;
using Demilune.Inspection.Files;

namespace Demilune.Inspection.Tests.Detection;

/// <summary>Files that come in parts.</summary>
public sealed class FileJoinsTests
{
    [Fact]
    public void Parts_in_any_order_make_the_whole_once_every_byte_has_come()
    {
        Gen.Byte.Array[1, 200].SelectMany(whole => Gen.Select(Gen.Int[0, 199], Gen.Int[1, 60]).Array[0, 20].Select(parts => (whole, parts))).Sample(sample =>
        {
            var (whole, parts) = sample;
            var joins = new FileJoins();
            var join = joins.Find("host"u8, "/file"u8, whole.Length, 0)!;
            var seen = new bool[whole.Length];
            foreach (var (start, length) in parts)
            {
                if (start >= whole.Length) continue;
                var end = Math.Min(whole.Length, start + length);
                join.Add(start, whole.AsSpan(start, end - start));
                seen.AsSpan(start, end - start).Fill(true);
                if (join.IsWhole != seen.All(byteCame => byteCame)) return false;
            }
            join.Add(0, whole);
            return join.IsWhole && join.Bytes.SequenceEqual(whole);
        });
    }

    [Fact]
    public void The_first_copy_of_a_byte_counts()
    {
        var join = new FileJoins().Find("host"u8, "/file"u8, 4, 0)!;
        join.Add(1, "bc"u8);
        join.Add(0, "aXXd"u8);
        Assert.Equal("abcd"u8.ToArray(), join.Bytes.ToArray());
    }

    [Fact]
    public void What_has_no_host_or_is_too_large_is_not_put_together()
    {
        var joins = new FileJoins();
        Assert.Null(joins.Find(default, "/file"u8, 4, 0));
        Assert.Null(joins.Find("host"u8, "/file"u8, 1L << 40, 0));
        Assert.Same(joins.Find("host"u8, "/file"u8, 4, 0), joins.Find("host"u8, "/file"u8, 4, 1));
    }
}
