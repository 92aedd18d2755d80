using Demilune.Contracts.Frames;
using Demilune.Firewall.Packets;

namespace Demilune.Firewall.Tests.Packets;

/// <summary>The bytes of the splice's language, against the layout in Contracts/Frames.</summary>
public sealed class WordsTests
{
    [Fact]
    public void The_flow_is_read_from_the_addresses()
    {
        Assert.True(FrameWords.TryRead(Convert.FromHexString("02d1a1b2c3d402d10102fffe0800"), out var words));
        Assert.Equal(new(0xa1b2c3d4, 0x0102, 0xfffe), words);
    }

    [Theory]
    [InlineData("02d1a1b2c3d402d10102fffe08")]      // too short
    [InlineData("02d0a1b2c3d402d10102fffe0800")]    // not our destination
    [InlineData("02d1a1b2c3d402d00102fffe0800")]    // not our source
    [InlineData("02d10000000002d10102fffe0800")]    // flow id 0
    [InlineData("02d1a1b2c3d402d10102fffe88b5")]    // a control frame
    [InlineData("")]
    public void Any_other_frame_has_no_words(string frame) => Assert.False(FrameWords.TryRead(Convert.FromHexString(frame), out _));

    [Fact]
    public void A_heartbeat_is_sixty_bytes_of_type_one_and_names_the_instance()
    {
        var frame = new byte[SpliceFrame.ControlLength];
        ControlFrame.WriteHeartbeat(frame, 0xa1b2c3d4);
        Assert.Equal("88B5" + "0100" + "0000" + "A1B2C3D4" + new string('0', 76), Convert.ToHexString(frame)[24..]);
    }

    [Fact]
    public void A_verdict_names_the_flow_and_its_epoch()
    {
        var frame = new byte[SpliceFrame.ControlLength];
        ControlFrame.WriteVerdict(frame, FlowVerdict.Drop, new(0xa1b2c3d4, 9, 0xfffe));
        Assert.Equal("88B5" + "0202" + "0000" + "A1B2C3D4" + "FFFE", Convert.ToHexString(frame)[24..48]);
        ControlFrame.WriteVerdict(frame, FlowVerdict.Bypass, new(1, 9, 2));
        Assert.Equal("88B5" + "0201" + "0000" + "00000001" + "0002", Convert.ToHexString(frame)[24..48]);
    }

    [Fact]
    public void A_deadline_never_passes_with_fewer_heartbeats_than_promised()
    {
        foreach (var (realTime, deadline) in (ValueTuple<bool, long>[])[(true, HeartbeatSchedule.RealTimeDeadline), (false, HeartbeatSchedule.OrdinaryDeadline)])
        {
            var schedule = new HeartbeatSchedule(realTime);
            // A thread that comes round at odd times, but often enough.
            var beats = new List<long>();
            for (long now = 0; now < 20 * deadline; now += deadline / 97)
                if (schedule.Take(now)) beats.Add(now);
            for (long from = 0; from < 19 * deadline; from += deadline / 13)
                Assert.True(beats.Count(beat => beat >= from && beat < from + deadline) >= SpliceFrame.HeartbeatsPerDeadline);
        }
    }

    [Fact]
    public void A_thread_that_was_held_up_sends_one_heartbeat_and_no_burst()
    {
        var schedule = new HeartbeatSchedule(realTime: true);
        Assert.True(schedule.Take(0));
        Assert.True(schedule.Take(1_000_000_000));
        Assert.False(schedule.Take(1_000_000_001));
    }

    [Fact]
    public void Time_of_day_never_runs_backwards_and_is_the_time_of_day()
    {
        var clock = new PacketClock();
        long last = 0;
        for (var i = 0; i < 1000; i++)
        {
            var now = clock.TimeOfDay(PacketClock.SteadyNanos());
            Assert.True(now >= last);
            last = now;
        }
        Assert.True(Math.Abs(last / 1e9 - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1e3) < 5);
    }

    [Theory]
    [InlineData("0.10 0.15 0.20 3/412 7011\n", 3)]
    [InlineData("12.00 9.15 0.20 17/1 1\n", 17)]
    [InlineData("", null)]
    [InlineData("0.10 0.15 0.20 x/412", null)]
    public void The_runnable_threads_are_read_from_loadavg(string text, int? expected)
    {
        Assert.Equal(expected is not null, CpuPressure.TryReadRunnable(System.Text.Encoding.ASCII.GetBytes(text), out var runnable));
        if (expected is not null) Assert.Equal(expected, runnable);
    }
}
