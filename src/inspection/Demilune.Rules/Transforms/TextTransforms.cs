using Demilune.Rules.Matching;

namespace Demilune.Rules.Transforms;

/// <summary><c>dotprefix</c>: a dot in front, so that ".evil.com" with endswith finds evil.com and its subdomains but not notevil.com.</summary>
internal sealed record DotPrefix : Transform
{
    public override string Name => "dotprefix";
    public override int MaxOutput(int inputLength) => inputLength + 1;

    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        output[0] = (byte)'.';
        input.CopyTo(output[1..]);
        return input.Length + 1;
    }
}

/// <summary><c>to_lowercase</c></summary>
internal sealed record ToLowercase : Transform
{
    public override string Name => "to_lowercase";
    public override int Reach => 1;

    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        for (var i = 0; i < input.Length; i++) output[i] = Bytes.Lower(input[i]);
        return input.Length;
    }
}

/// <summary><c>to_uppercase</c></summary>
internal sealed record ToUppercase : Transform
{
    public override string Name => "to_uppercase";
    public override int Reach => 1;

    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        for (var i = 0; i < input.Length; i++) output[i] = input[i] is >= (byte)'a' and <= (byte)'z' ? (byte)(input[i] & ~0x20) : input[i];
        return input.Length;
    }
}

/// <summary><c>compress_whitespace</c>: runs of blanks become one space.</summary>
internal sealed record CompressWhitespace : Transform
{
    public override string Name => "compress_whitespace";

    public override bool Leaves(ReadOnlySpan<byte> content)
    {
        for (var i = 1; i < content.Length; i++)
            if (IsBlank(content[i]) && IsBlank(content[i - 1])) return false;
        return true;
    }

    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var length = 0;
        var inBlank = false;
        foreach (var value in input)
        {
            var blank = IsBlank(value);
            if (!blank || !inBlank) output[length++] = blank ? (byte)' ' : value;
            inBlank = blank;
        }
        return length;
    }

    /// <summary>C's isspace.</summary>
    internal static bool IsBlank(byte value) => value is 0x20 or >= 0x09 and <= 0x0D;
}

/// <summary><c>strip_whitespace</c>: no blanks at all.</summary>
internal sealed record StripWhitespace : Transform
{
    public override string Name => "strip_whitespace";

    public override bool Leaves(ReadOnlySpan<byte> content)
    {
        foreach (var value in content)
            if (CompressWhitespace.IsBlank(value)) return false;
        return true;
    }

    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var length = 0;
        foreach (var value in input)
            if (!CompressWhitespace.IsBlank(value)) output[length++] = value;
        return length;
    }
}

/// <summary><c>header_lowercase</c>: header names in lower case, values as they are.</summary>
internal sealed record HeaderLowercase : Transform
{
    public override string Name => "header_lowercase";

    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var inName = true;
        for (var i = 0; i < input.Length; i++)
        {
            if (input[i] == ':') inName = false;
            else if (input[i] == '\n') inName = true;
            output[i] = inName ? Bytes.Lower(input[i]) : input[i];
        }
        return input.Length;
    }
}

/// <summary><c>strip_pseudo_headers</c>: without the lines of HTTP/2's names that start with a colon.</summary>
internal sealed record StripPseudoHeaders : Transform
{
    public override string Name => "strip_pseudo_headers";

    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var length = 0;
        while (!input.IsEmpty)
        {
            var end = input.IndexOf((byte)'\n') + 1;
            var line = end == 0 ? input : input[..end];
            input = input[line.Length..];
            if (line[0] == ':') continue;
            line.CopyTo(output[length..]);
            length += line.Length;
        }
        return length;
    }
}
