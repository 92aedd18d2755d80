using System.Buffers.Binary;
using System.Globalization;

namespace Demilune.Wire.Files;

/// <summary>What a file is, told from its first bytes and never from its name, in the words of <c>file(1)</c> as far as the first kilobyte tells them.</summary>
/// <remarks>A table of common types, not all of libmagic: what is not in it is text of some kind, or "data".</remarks>
public static class FileType
{
    /// <summary>Bytes that are looked at. A tar header tells its kind at 257, an executable its machine within its first half kilobyte.</summary>
    public const int HeadLength = 1024;

    /// <param name="head">The first <see cref="HeadLength"/> bytes, or all of a shorter file.</param>
    public static string Of(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty) return "empty";
        if (OfStructure(head) is { } structured) return structured;
        foreach (var (offset, magic, name) in s_constants)
            if (head.Length > offset && head[offset..].StartsWith(magic)) return name;
        return FileText.Describe(head) ?? "data";
    }

    private static string? OfStructure(ReadOnlySpan<byte> head) => head switch
    {
        [(byte)'M', (byte)'Z', ..] => OfExecutable(head),
        [0x7f, (byte)'E', (byte)'L', (byte)'F', ..] => OfElf(head),
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] when head.Length >= 26 => OfPng(head),
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] when head.Length >= 10 =>
            Invariant($"GIF image data, version 8{(char)head[4]}{(char)head[5]}, {Little16(head, 6)} x {Little16(head, 8)}"),
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', (byte)'-', var major, _, var minor, ..] => $"PDF document, version {(char)major}.{(char)minor}",
        [(byte)'P', (byte)'K', 3, 4, ..] => OfZip(head),
        [(byte)'F' or (byte)'C' or (byte)'Z', (byte)'W', (byte)'S', var version, ..] =>
            Invariant($"Macromedia Flash data{(head[0] == 'F' ? "" : " (compressed)")}, version {version}"),
        [0xca, 0xfe, 0xba, 0xbe, ..] when head.Length >= 8 && Big16(head, 6) is >= 43 and < 100 and var version =>
            Invariant($"compiled Java class data, version {version}.{Big16(head, 4)}{(version >= 46 ? $" (Java {(version < 53 ? "1." : "")}{version - 44})" : "")}"),
        [0x1f, 0x8b, 8, ..] => "gzip compressed data",
        [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9' and var block, ..] => $"bzip2 compressed data, block size = {(char)block}00k",
        [(byte)'7', (byte)'z', 0xbc, 0xaf, 0x27, 0x1c, var major, var minor, ..] => Invariant($"7-zip archive data, version {major}.{minor}"),
        [0xff, 0xd8, 0xff, ..] => OfJpeg(head),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, ..] when head.Length >= 12 => $"RIFF (little-endian) data{OfRiff(head.Slice(8, 4))}",
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => "ISO Media",
        [(byte)'B', (byte)'M', ..] when head.Length >= 18 && Little32(head, 14) == 40 => "PC bitmap, Windows 3.x format",
        _ => null,
    };

    private static string OfExecutable(ReadOnlySpan<byte> head)
    {
        const string old = "MS-DOS executable";
        if (head.Length < 64) return old;
        var header = Little32(head, 0x3c);
        if (header > head.Length - 2) return header > 1 << 20 ? old : "PE executable for MS Windows";
        var at = (int)header;
        var signature = head[at..];
        if (signature is [(byte)'N', (byte)'E', ..]) return "MS-DOS executable, NE for MS Windows 3.x";
        if (signature is not [(byte)'P', (byte)'E', 0, 0, ..] || signature.Length < 94) return old;
        var machine = Little16(signature, 4);
        var isLibrary = (Little16(signature, 22) & 0x2000) != 0;
        var isWide = Little16(signature, 24) == 0x20b;
        var kind = Little16(signature, 92) switch { 1 => "(native)", 2 => "(GUI)", 3 => "(console)", 10 => "(EFI application)", _ => "" };
        var processor = machine switch { 0x14c => " Intel 80386", 0x8664 => " x86-64", 0x1c0 or 0x1c4 => " ARM", 0xaa64 => " Aarch64", 0x200 => " Intel Itanium", _ => "" };
        return $"PE32{(isWide ? "+" : "")} executable {(isLibrary ? "(DLL) " : "")}{kind}{processor}, for MS Windows";
    }

    private static string OfElf(ReadOnlySpan<byte> head)
    {
        if (head.Length < 20) return "ELF";
        var isBig = head[5] == 2;
        var kind = (isBig ? Big16(head, 16) : Little16(head, 16)) switch { 1 => "relocatable", 2 => "executable", 3 => "shared object", 4 => "core file", _ => "unknown type" };
        var machine = (isBig ? Big16(head, 18) : Little16(head, 18)) switch
        {
            3 => ", Intel 80386",
            8 => ", MIPS",
            20 => ", PowerPC",
            40 => ", ARM",
            62 => ", x86-64",
            183 => ", ARM aarch64",
            243 => ", UCB RISC-V",
            _ => "",
        };
        return $"ELF {(head[4] == 2 ? "64" : "32")}-bit {(isBig ? "MSB" : "LSB")} {kind}{machine}, version 1";
    }

    private static string OfPng(ReadOnlySpan<byte> head)
    {
        var color = head[25] switch { 0 => " grayscale", 2 => "/color RGB", 3 => " colormap", 4 => " gray+alpha", 6 => "/color RGBA", _ => "" };
        return Invariant($"PNG image data, {Big32(head, 16)} x {Big32(head, 20)}, {head[24]}-bit{color}, {(head.Length > 28 && head[28] == 1 ? "interlaced" : "non-interlaced")}");
    }

    private static string OfJpeg(ReadOnlySpan<byte> head) =>
        head.Length >= 13 && head[6..].StartsWith("JFIF"u8) ? Invariant($"JPEG image data, JFIF standard {head[11]}.{head[12]:D2}")
        : head.Length >= 10 && head[6..].StartsWith("Exif"u8) ? "JPEG image data, Exif standard"
        : "JPEG image data";

    private static string OfRiff(ReadOnlySpan<byte> form) =>
        form.SequenceEqual("WAVE"u8) ? ", WAVE audio" : form.SequenceEqual("AVI "u8) ? ", AVI" : form.SequenceEqual("WEBP"u8) ? ", Web/P image" : "";

    /// <summary>The first member's name tells what is packed: office documents and Java archives are zip files.</summary>
    private static string OfZip(ReadOnlySpan<byte> head)
    {
        const string plain = "Zip archive data";
        if (head.Length < 30) return plain;
        var name = head[30..Math.Min(head.Length, 30 + Little16(head, 26))];
        if (name.StartsWith("META-INF/"u8)) return "Java archive data (JAR)";
        if (name.SequenceEqual("AndroidManifest.xml"u8)) return "Android package (APK), with AndroidManifest.xml";
        if (name.SequenceEqual("[Content_Types].xml"u8) || name.StartsWith("_rels/"u8))
            return head.IndexOf("word/"u8) >= 0 ? "Microsoft Word 2007+" : head.IndexOf("xl/"u8) >= 0 ? "Microsoft Excel 2007+" : head.IndexOf("ppt/"u8) >= 0 ? "Microsoft PowerPoint 2007+" : "Microsoft OOXML";
        if (name.SequenceEqual("mimetype"u8)) return head.IndexOf("opendocument.text"u8) >= 0 ? "OpenDocument Text" : head.IndexOf("opendocument.spreadsheet"u8) >= 0 ? "OpenDocument Spreadsheet" : "OpenDocument";
        var version = Little16(head, 4) & 0xff;
        return Invariant($"{plain}, at least v{version / 10}.{version % 10} to extract");
    }

    private static readonly (int Offset, byte[] Magic, string Name)[] s_constants =
    [
        (0, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], "Composite Document File V2 Document"),
        (0, [.. "Rar!\x1a\x07\x00"u8], "RAR archive data, v4"),
        (0, [.. "Rar!\x1a\x07\x01"u8], "RAR archive data, v5"),
        (0, [0xfd, .. "7zXZ\0"u8], "XZ compressed data"),
        (0, [0x28, 0xb5, 0x2f, 0xfd], "Zstandard compressed data (v0.8+)"),
        (0, [0x04, 0x22, 0x4d, 0x18], "LZ4 compressed data (v1.4+)"),
        (0, [0x1f, 0x9d], "compress'd data"),
        (0, [.. "MSCF\0\0\0\0"u8], "Microsoft Cabinet archive data"),
        (257, [.. "ustar\x0000"u8], "POSIX tar archive"),
        (257, [.. "ustar  \0"u8], "POSIX tar archive (GNU)"),
        (0, [.. "!<arch>\ndebian"u8], "Debian binary package (format 2.0)"),
        (0, [.. "!<arch>\n"u8], "current ar archive"),
        (0, [0xed, 0xab, 0xee, 0xdb], "RPM v3.0"),
        (0, [.. "{\\rtf"u8], "Rich Text Format data, version 1"),
        (0, [.. "%!PS-Adobe-"u8], "PostScript document text"),
        (0, [.. "OggS"u8], "Ogg data"),
        (0, [.. "fLaC"u8], "FLAC audio bitstream data"),
        (0, [.. "ID3"u8], "Audio file with ID3 version 2"),
        (0, [0xff, 0xfb], "MPEG ADTS, layer III, v1"),
        (0, [0x1a, 0x45, 0xdf, 0xa3], "Matroska data"),
        (0, [.. "FLV\x01"u8], "Macromedia Flash Video"),
        (0, [0, 0, 1, 0, 1, 0], "MS Windows icon resource - 1 icon"),
        (0, [.. "II*\0"u8], "TIFF image data, little-endian"),
        (0, [.. "MM\0*"u8], "TIFF image data, big-endian"),
        (0, [0, 1, 0, 0, 0], "TrueType Font data"),
        (0, [.. "OTTO"u8], "OpenType font data"),
        (0, [.. "wOFF"u8], "Web Open Font Format"),
        (0, [.. "wOF2"u8], "Web Open Font Format (Version 2)"),
        (0, [.. "SQLite format 3\0"u8], "SQLite 3.x database"),
        (0, [0x4c, 0, 0, 0, 1, 0x14, 2, 0], "MS Windows shortcut"),
        (0, [.. "ITSF"u8], "MS Windows HtmlHelp Data"),
        (0, [0xcf, 0xfa, 0xed, 0xfe], "Mach-O 64-bit executable"),
        (0, [0xce, 0xfa, 0xed, 0xfe], "Mach-O executable"),
        (0, [0, .. "asm\x01\0\0\0"u8], "WebAssembly (wasm) binary module version 0x1 (MVP)"),
        (0, [.. "dex\n"u8], "Dalvik dex file"),
        (0, [0xac, 0xed, 0, 5], "Java serialization data, version 5"),
        (0, [.. "-----BEGIN CERTIFICATE-----"u8], "PEM certificate"),
        (0, [.. "-----BEGIN RSA PRIVATE KEY-----"u8], "PEM RSA private key"),
        (0, [.. "-----BEGIN OPENSSH PRIVATE KEY-----"u8], "OpenSSH private key"),
        (0, [.. "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!"u8], "EICAR virus test files"),
    ];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static int Little16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static int Big16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

    private static uint Little32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static uint Big32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
}
