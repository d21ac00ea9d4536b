using Heldar.Edge.Access;

namespace Heldar.Edge.Tests.Access;

public sealed class UserNamesTests
{
    [Theory]
    [InlineData("anna")]
    [InlineData("Anna Müller-Ødegård")]
    [InlineData("o'brien.j@example.org")]
    [InlineData("Мария 2")]
    [InlineData("田中")]
    [InlineData("שרה")]
    public void Read_TakesNames(string name) => Assert.Equal(name, UserNames.Read($"  {name} "));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData(".anna")]
    [InlineData("anna  b")]
    [InlineData("anna\n")]
    [InlineData("anna\0")]
    [InlineData("аnna")]
    [InlineData("ann\u200Ba")]
    [InlineData("\u202Eanna")]
    [InlineData("e\u0301ric")]
    [InlineData("ＡＮＮＡ")]
    [InlineData("ﬁnn")]
    [InlineData("\u212Aurt")]
    [InlineData("𝐚nna")]
    [InlineData("\uD800")]
    [InlineData("anna\u3164")]
    [InlineData("anna ١")]
    public void Read_RefusesWhatLooksLikeAnother(string name) => Assert.Null(UserNames.Read(name));

    [Fact]
    public void Read_RefusesLongNames()
    {
        Assert.NotNull(UserNames.Read(new string('a', UserNames.MaxLength)));
        Assert.Null(UserNames.Read(new string('a', UserNames.MaxLength + 1)));
        Assert.Null(UserNames.Read(null));
    }

    [Fact]
    public void Key_IsTheSame_WhateverTheCase() => Assert.Equal(UserNames.Key("ÄNNA Μ"), UserNames.Key("änna μ"));
}
