using Demilune.Inspection.Tests.Traffic;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class FileTests
{
    private const string Form = "--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nvalue\r\n" +
        "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.PDF\"\r\n\r\n%PDF-1.4 one\r\n" +
        "--b\r\nContent-Disposition: form-data; name=\"g\"; filename=\"b.txt\"\r\n\r\ntwo\r\n--b--\r\n";

    [Theory, InlineData(1), InlineData(7), InlineData(1460)]
    public void Parts_of_a_form_are_files(int pieceLength)
    {
        var replay = Upload("""
            alert http any any -> any any (fileext:"pdf"; filemagic:"pdf document"; filesize:12; file.data; content:"one"; sid:1;)
            alert http any any -> any any (filename:"b."; file.data; content:"two"; bsize:3; sid:2;)
            alert http any any -> any any (http.uri; content:"/up"; filesize:>3; sid:3;)
            alert http any any -> any any (fileext:!"pdf"; filesize:<4; sid:4;)
            """, pieceLength);
        Assert.Equal(["a.PDF Closed 12", "b.txt Closed 3"], replay.Files);
        Assert.Equal<uint>([1, 2, 3, 4], [.. replay.Alerts.Order()]);
    }

    [Fact]
    public void A_rule_about_files_matches_once_for_each() =>
        Assert.Equal([1u, 1], Upload("alert http any any -> any any (http.uri; content:\"/up\"; filename:\".\"; sid:1;)", 1460).Alerts);

    [Fact]
    public void A_forbidden_part_is_blocked() =>
        Assert.NotEmpty(Upload("drop http any any -> any any (file.name; content:\"a.PDF\"; sid:1;)", 1460).Drops);

    private static Replay Upload(string rules, int pieceLength)
    {
        var talk = new Conversation();
        var request = $"POST /up HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {Form.Length}\r\n\r\n{Form}";
        return new Replay(rules).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, System.Text.Encoding.Latin1.GetBytes(request), pieceLength));
    }
}
