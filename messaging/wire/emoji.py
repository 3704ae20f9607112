"""The emoji that people can pick, with the names under which they are found. Reactions are of these and no others."""

from __future__ import annotations

from typing import Final

_TABLE = """
👍 thumbsup yes good 赞 好|👎 thumbsdown no bad 踩|❤️ heart love 爱 心|🎉 tada party celebrate 庆祝
😄 smile happy 笑|😂 joy laugh 笑哭|🙏 pray thanks please 谢谢|👀 eyes look 看
🚀 rocket ship launch 火箭|✅ check done 完成|❌ cross wrong 错|🔥 fire hot 火
💯 hundred perfect 满分|🤔 thinking hmm 想|😍 hearts adore 喜欢|😅 sweat phew 汗
😭 sob cry 哭|😢 sad tear 难过|😮 wow surprised 惊讶|😡 angry mad 生气
🙂 slight smile 微笑|😉 wink 眨眼|😎 cool sunglasses 酷|🥳 partying birthday 派对
😴 sleep tired 困|🤯 mindblown shocked 震惊|🤝 handshake deal 握手|👏 clap bravo 鼓掌
🙌 hooray raise 万岁|💪 strong muscle 加油|👋 wave hello bye 你好 再见|🤞 luck fingers 好运
✌️ peace victory 胜利|👌 ok fine 可以|🫡 salute yes 敬礼|🤷 shrug whatever 耸肩
🤦 facepalm 无语|😊 blush glad 开心|😁 grin 咧嘴|😆 laughing 大笑
🤣 rofl 笑翻|😇 angel innocent 天使|🙃 upsidedown silly 倒|😘 kiss 亲
😋 yum tasty 好吃|😜 tongue joke 调皮|🤓 nerd 书呆子|🤩 star struck 崇拜
😏 smirk 得意|😬 grimace oops 尴尬|😐 neutral meh 无感|😑 expressionless 无语
🙄 eyeroll 白眼|😤 huff 哼|😱 scream fear 尖叫|🤗 hug 抱
🤫 quiet shh 嘘|🤐 zip secret 闭嘴|😷 mask sick 口罩|🤒 ill fever 生病
💔 broken heartbreak 心碎|💙 blue heart 蓝心|💚 green heart 绿心|💛 yellow heart 黄心
💜 purple heart 紫心|🧡 orange heart 橙心|⭐ star favourite 星|✨ sparkles shiny 闪
⚡ zap fast 闪电|💡 idea bulb 主意|📌 pin 图钉|📎 clip attach 附件
📝 memo note 笔记|📅 calendar date 日历|⏰ alarm time 时间|⏳ wait hourglass 等
🔔 bell notify 铃|🔒 lock private 锁|🔑 key 钥匙|🔍 search find 搜索
🐛 bug 虫|🛠️ tools fix 修|💻 laptop computer 电脑|📱 phone 手机
☕ coffee break 咖啡|🍵 tea 茶|🍺 beer cheers 啤酒|🍕 pizza 披萨
🍜 noodles ramen 面|🍰 cake 蛋糕|🎂 birthday 生日|🎁 gift present 礼物
🎵 music note 音乐|⚽ football ball 足球|🏆 trophy win 奖杯|🥇 gold first 第一
☀️ sun sunny 太阳|🌧️ rain 雨|❄️ snow cold 雪|🌈 rainbow 彩虹
🌍 world earth 世界|🌱 plant grow 植物|🐶 dog 狗|🐱 cat 猫
🦊 fox 狐狸|🐼 panda 熊猫|🦄 unicorn 独角兽|🐧 penguin 企鹅
🚗 car 车|✈️ plane travel 飞机|🏠 home house 家|🏢 office 办公室
💰 money 钱|📈 up growth 增长|📉 down loss 下降|❓ question 问
❗ important attention 重要|➕ plus add 加|➖ minus 减|🆗 okay 好的
"""

EMOJI: Final[dict[str, list[str]]] = {
    words[0]: words[1:] for line in _TABLE.strip().splitlines() for one in line.split("|") for words in [one.split()]
}
"""Emoji -> its names; the first one is what `:name:` means."""

QUICK: Final = ("👍", "❤️", "😂", "🎉", "👀", "🙏")
"""Offered first."""
