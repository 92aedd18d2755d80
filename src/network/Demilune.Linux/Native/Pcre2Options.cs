namespace Demilune.Linux.Native;

/// <summary>Compile options of PCRE2, with its own values.</summary>
[Flags]
public enum Pcre2Options : uint
{
    None = 0,
    Caseless = 0x0000_0008,
    DollarEndOnly = 0x0000_0010,
    DotAll = 0x0000_0020,
    Extended = 0x0000_0080,
    MultiLine = 0x0000_0400,
    Ungreedy = 0x0004_0000,

    Anchored = 0x8000_0000,
}
