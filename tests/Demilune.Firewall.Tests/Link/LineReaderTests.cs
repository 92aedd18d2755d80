using System.Text;
using CsCheck;
using Demilune.Firewall.Link;

namespace Demilune.Firewall.Tests.Link;

public sealed class LineReaderTests
{
    [Fact]
    public void Lines_are_the_same_however_the_bytes_came() =>
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 0, 2000].Array[0, 20], Gen.Int[1, 5000]).Sample((lines, cut) =>
        {
            var bytes = Encoding.ASCII.GetBytes(string.Concat(lines.Select(line => line + "\n")) + "rest");
            var reader = new LineReader(new Trickle(bytes, cut), maxBytes: 10_000);
            foreach (var line in lines) Assert.Equal(line, Encoding.ASCII.GetString(Read(reader)!.Value.Span));
            Assert.Null(Read(reader));
        }, iter: 200);

    [Fact]
    public void A_line_may_be_as_long_as_the_limit_and_no_longer()
    {
        var line = new string('x', 200_000);
        Assert.Equal(line.Length, Read(new(new Trickle(Encoding.ASCII.GetBytes(line + "\n"), 70_000), 200_000))!.Value.Length);
        Assert.Throws<InvalidDataException>(() => Read(new(new Trickle(Encoding.ASCII.GetBytes(line + line), 70_000), 200_000)));
    }

    private static ReadOnlyMemory<byte>? Read(LineReader reader) => reader.ReadAsync(default).AsTask().GetAwaiter().GetResult();

    /// <summary>Gives at most so many bytes a read.</summary>
    private sealed class Trickle(byte[] bytes, int cut) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(cut, buffer.Length)], cancellationToken);
    }
}
