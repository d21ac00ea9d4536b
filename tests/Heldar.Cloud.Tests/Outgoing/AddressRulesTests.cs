using System.Net;
using Heldar.Cloud.Outgoing;

namespace Heldar.Cloud.Tests.Outgoing;

public sealed class AddressRulesTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.1.2")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("192.0.0.192")]
    [InlineData("198.18.0.1")]
    [InlineData("168.63.129.16")]
    [InlineData("224.0.0.251")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::7f00:1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("fe80::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::")]
    public void Addresses_ThatAreNotPublic_AreRefused(string address) => Assert.False(AddressRules.IsAllowed(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    public void Addresses_ThatArePublic_AreAllowed(string address) => Assert.True(AddressRules.IsAllowed(IPAddress.Parse(address)));

    [Fact]
    public void Loopback_IsAllowed_OnlyForDevelopment_AndNothingElseWithIt()
    {
        Assert.True(AddressRules.IsAllowed(IPAddress.Loopback, allowLoopback: true));
        Assert.True(AddressRules.IsAllowed(IPAddress.IPv6Loopback, allowLoopback: true));
        Assert.False(AddressRules.IsAllowed(IPAddress.Parse("169.254.169.254"), allowLoopback: true));
        Assert.False(AddressRules.IsAllowed(IPAddress.Parse("10.0.0.1"), allowLoopback: true));
    }

    [Theory]
    [InlineData("https://receiver.example/hook?x=1", true)]
    [InlineData("https://1.1.1.1:8443/", true)]
    [InlineData("http://receiver.example/", false)]
    [InlineData("https://user:word@receiver.example/", false)]
    [InlineData("https://receiver.example/#part", false)]
    [InlineData("ftp://receiver.example/", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("/relative", false)]
    [InlineData("", false)]
    [InlineData("https://169.254.169.254/latest/meta-data", false)]
    [InlineData("https://2852039166/latest", false)]
    [InlineData("https://0xa9fea9fe/", false)]
    [InlineData("https://0251.0376.0251.0376/", false)]
    [InlineData("https://[::ffff:169.254.169.254]/", false)]
    [InlineData("https://127.1/", false)]
    [InlineData("https://receiver.example/\r\nHost: other", false)]
    public void Urls_AreAcceptedOnlyWhenTheyMayBeCalled(string url, bool good) => Assert.Equal(good, AddressRules.Mistake(url) is null);

    [Theory]
    [InlineData("http://127.0.0.1:5000/", true)]
    [InlineData("http://localhost:5000/", true)]
    [InlineData("http://receiver.example/", false)]
    public void PlainHttp_IsForLoopbackInDevelopment(string url, bool good)
    {
        Assert.Equal(good, AddressRules.Mistake(url, allowLoopback: true) is null);
        Assert.NotNull(AddressRules.Mistake(url));
    }
}
