using Heldar.Edge.Settings;

namespace Heldar.Edge.Tests.Settings;

public sealed class PlainWordsTests
{
    [Theory]
    [InlineData("rtsp://10.0.0.1", "rtsp://10.0.0.1")]
    [InlineData("rtsp://10.0.0.1/", "rtsp://10.0.0.1/")]
    [InlineData("rtsp://10.0.0.1:8554/cam00", "rtsp://10.0.0.1:8554/cam00")]
    [InlineData("rtsp://10.0.0.1/Streaming/Channels/101", "rtsp://10.0.0.1/Streaming/Channels/101")]
    [InlineData("rtsp://10.0.0.1/h264Preview_01_main", "rtsp://10.0.0.1/h264Preview_01_main")]
    [InlineData("rtsp://10.0.0.1/cam/realmonitor?channel=1&subtype=0", "rtsp://10.0.0.1/cam/realmonitor?channel=1&subtype=0")]
    [InlineData("rtsp://10.0.0.1/axis-media/media.amp?resolution=hd", "rtsp://10.0.0.1/axis-media/media.amp?resolution=hd")]
    [InlineData("rtsp://u:p@10.0.0.1/live?token=hush&channel=2", "rtsp://10.0.0.1/live?token=***&channel=2")]
    [InlineData("rtsp://10.0.0.1/live?token=123", "rtsp://10.0.0.1/live?token=***")]
    [InlineData("rtsp://10.0.0.1/live?sessid=1", "rtsp://10.0.0.1/live?***=***")]
    [InlineData("rtsp://10.0.0.1/live/hush/ch1", "rtsp://10.0.0.1/live/***/***")]
    [InlineData("rtsp://10.0.0.1/12345", "rtsp://10.0.0.1/***")]
    [InlineData("rtsp://10.0.0.1/user=admin_password=hush_channel=1.sdp", "rtsp://10.0.0.1/user=***=***=***")]
    [InlineData("rtsp://10.0.0.1/user=admin&password=hush&channel=1&stream=0.sdp?real_stream", "rtsp://10.0.0.1/user=***&password=***&channel=1&stream=0.sdp?real_stream")]
    [InlineData("rtsp://10.0.0.1/token=live", "rtsp://10.0.0.1/token=***")]
    [InlineData("rtsp://10.0.0.1/a", "rtsp://10.0.0.1/a")]
    [InlineData("rtsp://10.0.0.1/a-1-b-2", "rtsp://10.0.0.1/***")]
    [InlineData("rtsp://10.0.0.1/live#hush", "rtsp://10.0.0.1/***")]
    [InlineData("hush", "***")]
    public void Masked_ShowsOnlyWhatIsKnownToBeNoCredential(string url, string shown) => Assert.Equal(shown, CameraUrl.Masked(url));
}
