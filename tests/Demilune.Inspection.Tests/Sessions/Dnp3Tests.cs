using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Wire.Dnp3;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class Dnp3Tests
{
    /// <summary>COLD_RESTART, and the beginning of a relay's SELECT.</summary>
    private static readonly byte[] s_restart = [0xc0, 0xc1, 13], s_select = [0xc1, 3, 12, 1, 0x17, 1, 7, 3, 1, 100, 0, 0, 0, 200, 0, 0, 0, 0];

    [Fact]
    public void A_forbidden_function_is_blocked_however_it_is_cut()
    {
        foreach (var piece in (int[])[1, 3, 1460])
        {
            var talk = new Conversation();
            var replay = new Replay("drop dnp3 any any -> any any (dnp3_func:cold_restart; sid:1;)")
                .Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Frame(s_restart), piece));
            Assert.Equal([1u], replay.Alerts);
            Assert.Equal([DropReason.Rules], replay.Drops);
        }
    }

    [Fact]
    public void A_command_over_several_segments_is_judged_whole_and_noise_before_it_hides_nothing()
    {
        var talk = new Conversation();
        var replay = new Replay("drop dnp3 any any -> any any (dnp3_obj:12,1; dnp3.data; content:\"|17 01 07 03|\"; sid:1;)")
            .Feed(talk.Handshake())
            .Feed(talk.Send(Side.Client, (byte[])[.. Frame([0x40, .. s_select[..5]]), 5, 0x64, 0xff, .. Frame([0x01, .. s_select[5..8]])], 100))
            .Feed(talk.Send(Side.Client, Frame([0x82, .. s_select[8..]]), 100));
        Assert.Equal([1u], replay.Alerts);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Fact]
    public void A_request_is_logged_with_its_points()
    {
        var talk = new Conversation();
        var replay = new Replay("").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Frame([0xc0, .. s_select]), 100));
        Assert.Equal(
            ["""dnp3 0 {"type":"request","control":{"dir":true,"pri":true,"fcb":false,"fcv":false,"function_code":4},"src":1,"dst":10,"application":{"control":{"fir":true,"fin":true,"con":false,"uns":false,"sequence":1},"function_code":3,"objects":[{"group":12,"variation":1,"qualifier":23,"prefix_code":1,"range_code":7,"start":0,"stop":0,"count":1,"points":[{"prefix":7,"index":7,"op_type":3,"qu":0,"cr":0,"tcc":0,"count":1,"ontime":100,"offtime":200,"status_code":0,"reserved":0}]}],"complete":true}}"""],
            replay.Records);
    }

    [Fact]
    public void An_indication_is_enough_of_several()
    {
        var talk = new Conversation();
        var replay = new Replay("alert dnp3 any any -> any any (dnp3_ind:need_time,device_trouble; sid:1;)\nalert dnp3 any any -> any any (dnp3_ind:device_restart; sid:2;)")
            .Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Frame(s_restart), 100)).Feed(talk.Send(Side.Server, Frame([0xc0, 0xc1, 129, 0x10, 0], 0x44), 100));
        Assert.Equal([1u], replay.Alerts);
    }

    [Fact]
    public void Oddities_are_noticed_by_name()
    {
        var talk = new Conversation();
        var (link, data) = (Frame(s_restart), Frame(s_restart));
        link[8] ^= 1;
        data[^1] ^= 1;
        var replay = new Replay("alert dnp3 any any -> any any (app-layer-event:dnp3.bad_transport_crc; sid:1;)")
            .Feed(talk.Handshake()).Feed(talk.Send(Side.Client, (byte[])[.. Frame([0xc0, 0xc1, 2, 250, 1, 7, 1]), .. data, .. Frame([0xc0, 0xc1]), .. link], 100));
        Assert.Equal([1u], replay.Alerts);
        foreach (var name in (string[])["dnp3.unknown_object", "dnp3.bad_transport_crc", "dnp3.len_too_small", "dnp3.bad_link_crc"]) Assert.Contains(name, replay.Anomalies);
    }

    /// <summary>From the master 1 to the outstation 10, with its checks.</summary>
    private static byte[] Frame(byte[] data, byte control = 0xc4)
    {
        byte[] header = [5, 0x64, (byte)(data.Length + 5), control, 10, 0, 1, 0];
        return [.. Checked(header), .. data.Chunk(16).SelectMany(Checked)];

        static byte[] Checked(byte[] block) => [.. block, .. BitConverter.GetBytes(Dnp3Crc.Of(block))];
    }
}
