namespace Demilune.Wire.Dnp3;

public enum Dnp3FieldKind : byte
{
    /// <summary>So many bits of a byte, from the lowest.</summary>
    Bits,
    Unsigned,
    Signed,
    Float,

    /// <summary>Text whose length another field says, or what remains of an object with a size before it.</summary>
    Text,

    /// <summary>Bytes, likewise.</summary>
    Bytes,

    /// <summary>Four characters, up to the first zero.</summary>
    Text4,
}

/// <summary>A field of a point.</summary>
/// <param name="Width">Bits of <see cref="Dnp3FieldKind.Bits"/>, bytes of numbers.</param>
/// <param name="LengthAt">Of text and bytes: which field has the length; -1: it is what remains.</param>
public sealed record Dnp3Field(string Name, Dnp3FieldKind Kind, int Width = 0, int LengthAt = -1);

/// <summary>What is read of a field.</summary>
/// <param name="Number">Numbers; a float's bits.</param>
/// <param name="Start">Of text and bytes, in the fragment.</param>
public readonly record struct Dnp3Value(long Number, int Start = 0, int Length = 0);

/// <summary>How the points of a group and variation are written.</summary>
/// <param name="IsPacked">One field of a few bits for each point, without regard to bytes.</param>
/// <param name="NeedsSize">A size has to stand before each point.</param>
public sealed record Dnp3Layout(Dnp3Field[] Fields, bool IsPacked = false, bool NeedsSize = false);
