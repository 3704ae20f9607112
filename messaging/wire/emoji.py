"""The emoji that people can pick, with the names under which they are found. Reactions are of these and no others.

The characters are Unicode's; names and choice are our own, under the licence of this project."""

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
😋 yum tasty 好吃|😜 tongue joke 调皮|🤓 nerd 书呆子|🤩 starstruck struck 崇拜
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
😀 grinning face 咧嘴笑|😃 smiley happy 哈哈|🥰 loved adore 被爱|🥹 touched tears 感动
🥺 pleading puppy 求求|😥 disappointed 失望|😓 downcast 沮丧|😩 weary 疲惫
😫 exhausted 累|🥱 yawn bored 哈欠|😖 confounded 纠结|😣 persevere 坚持
😞 dejected 低落|😔 pensive 沉思|😕 confused 困惑|🙁 frown 不高兴
😲 astonished 惊呆|😳 flushed 脸红|🥴 woozy dizzy 晕|😵 knockedout 昏
🤢 nauseated 恶心|🤮 vomit 吐|🤧 sneeze 打喷嚏|🤕 hurt bandage 受伤
🥵 hotface 热|🥶 freezing 冻|😈 devil imp 恶魔|💀 skull dead 骷髅
👻 ghost 鬼|👽 alien 外星人|🤖 robot bot 机器人|🤡 clown 小丑
💩 poop 便便|🤠 cowboy 牛仔|🧐 monocle inspect 审视|🤨 eyebrow doubt 怀疑
🤭 giggle 偷笑|🫢 gasp 捂嘴|🫣 peek 偷看|🫠 melting 融化
🤥 lying liar 说谎|😶 speechless 沉默|🫥 invisible 隐身|😌 relieved 放心
🤪 zany crazy 疯狂|😝 squint 吐舌|😚 kissing 亲亲|😛 tongueout 吐舌头
🖐️ hand five 手|✋ stop raised 停|🖖 vulcan 瓦肯|🤟 loveyou 爱你
🤘 rock metal 摇滚|🤙 callme 打电话|👈 left 左|👉 right 右
👆 above 上|👇 below 下|☝️ point one 一|✊ fist 拳
👊 punch 拳头|🫶 hearthands 比心|👐 open 张开|🤲 palms 手掌
✍️ writing 写|💅 nails 指甲|🧠 brain smart 大脑|👂 ear listen 听
👁️ eye 眼睛|👅 lick 舌头|👶 baby 宝宝|👩‍💻 developer coder 程序员
🕵️ detective spy 侦探|🦸 hero 英雄|🧙 wizard magic 巫师|🏃 running hurry 跑
🚶 walking 走|💃 dance 跳舞|🕺 dancing 舞|🧘 calm yoga 冥想
🖤 blackheart 黑心|🤍 whiteheart 白心|🤎 brownheart 棕心|💕 twohearts 双心
💖 sparklingheart 闪心|💘 cupid 丘比特|💥 boom explosion 爆炸|💫 dizzystar 星星
💦 drops 水滴|💨 dash 快跑|💤 zzz 睡|💬 speech comment 评论
💭 thought 想法|🗯️ outburst 怒喊|📣 megaphone announce 公告|📢 loudspeaker 喇叭
🔕 muted silent 静音|🔇 nosound 无声|🎯 target goal 目标|🎬 film action 电影
🎨 art paint 艺术|🎮 game 游戏|🎲 dice luck 骰子|🧩 puzzle piece 拼图
🎸 guitar 吉他|🎹 piano 钢琴|🎤 microphone sing 麦克风|🎧 headphones 耳机
🎈 balloon 气球|🎄 xmas tree 圣诞|🧧 redenvelope 红包|🏮 lantern 灯笼
🎆 fireworks 烟花|🎊 confetti 彩带|🏅 medal 奖牌|🥈 silver second 银牌
🥉 bronze third 铜牌|🏀 basketball 篮球|🏓 pingpong 乒乓球|🏸 badminton 羽毛球
🎾 tennis 网球|🏊 swim 游泳|🚴 cycling bike 骑车|⛷️ ski 滑雪
⌚ watch 手表|🖥️ desktop screen 屏幕|⌨️ keyboard 键盘|🖱️ mouse 鼠标
🖨️ printer 打印机|💾 floppy save 保存|💿 disc 光盘|📷 camera photo 相机
📹 video 视频|📺 tv 电视|📻 radio 收音机|🔋 battery 电池
🔌 plug power 插头|🔦 torch 手电|🕯️ candle 蜡烛|🧯 extinguisher 灭火器
🔨 hammer build 锤子|🔧 wrench 扳手|🪛 screwdriver 螺丝刀|⚙️ gear settings 设置
🧰 toolbox 工具箱|🧲 magnet 磁铁|🧪 test tube 试管|🔬 microscope 显微镜
🔭 telescope 望远镜|📡 satellite signal 信号|💊 pill 药|💉 vaccine 疫苗
🧹 broom clean 扫|🗑️ trash bin 垃圾桶|🔓 unlocked 解锁|🛡️ shield safe 盾
⚖️ scales law 天平|🔗 link chain 链接|✂️ scissors cut 剪刀|📐 ruler 尺
📚 books read 书|📖 book open 打开书|📰 news paper 报纸|🔖 bookmark 书签
🏷️ label tag 标签|✉️ envelope mail 信|📧 email 邮件|📨 incoming 来信
📦 package ship 包裹|📮 postbox 邮筒|🗳️ vote ballot 投票|📁 folder 文件夹
🗂️ dividers 分类|🗒️ notepad 便笺|📊 chart bars 图表|📋 clipboard 剪贴板
📍 here place 位置|🗺️ map 地图|🧭 compass 指南针|🏁 finish flag 终点
🚩 redflag warning 红旗|🏳️ whiteflag 白旗|🚨 siren alert 警报|🚧 construction wip 施工
⛔ noentry forbidden 禁止|🚫 prohibited 不准|⚠️ caution danger 小心|♻️ recycle 回收
✔️ tick right 对|☑️ checkbox 勾选|❎ nope 叉|🔴 red 红
🟠 orangecircle orange 橙|🟡 yellowcircle yellow 黄|🟢 greencircle green 绿|🔵 bluecircle 蓝
🟣 purplecircle 紫|⚫ black 黑|⚪ white 白|🆕 new 新
🆓 free 免费|🆒 coolsign 酷毙|🔝 top 顶|🔜 soon 很快
🔄 again refresh 刷新|⏩ forward 快进|⏪ rewind 后退|⏸️ pause 暂停
▶️ play 播放|⏹️ halt 停止|🔀 shuffle 随机|🔁 repeat 重复
⬆️ arrowup 向上|⬇️ arrowdown 向下|⬅️ arrowleft 向左|➡️ arrowright 向右
‼️ twice 双感叹|⁉️ really 真的吗|💲 dollar 美元|♾️ infinity 无限
🌞 sunface 晴|🌙 moon night 月亮|⛅ cloudy 多云|☁️ cloud 云
⛈️ storm 暴风雨|🌪️ tornado 龙卷风|🌊 seawave sea 海浪|☔ umbrella 伞
⛄ snowman 雪人|🌸 blossom spring 樱花|🌹 rose 玫瑰|🌻 sunflower 向日葵
🍀 clover lucky 四叶草|🍁 maple autumn 枫叶|🌵 cactus 仙人掌|🌲 evergreen forest 树
🐭 mouseface 老鼠|🐰 rabbit 兔子|🐻 bear 熊|🐨 koala 考拉
🐯 tiger 老虎|🦁 lion 狮子|🐮 cow 牛|🐷 pig 猪
🐸 frog 青蛙|🐵 monkey 猴子|🙈 seenoevil 不看|🙉 hearnoevil 不听
🙊 speaknoevil 不说|🐔 chicken 鸡|🦆 duck 鸭子|🦉 owl 猫头鹰
🐢 turtle slow 乌龟|🐍 snake python 蛇|🐙 octopus 章鱼|🐳 whale docker 鲸
🐬 dolphin 海豚|🐟 fish 鱼|🦈 shark 鲨鱼|🐝 bee 蜜蜂
🦋 butterfly 蝴蝶|🐌 snail 蜗牛|🐞 ladybird 瓢虫|🐲 dragon 龙
🐘 elephant 大象|🦥 sloth lazy 树懒|🍎 apple 苹果|🍌 banana 香蕉
🍉 watermelon 西瓜|🍇 grapes 葡萄|🍓 strawberry 草莓|🍑 peach 桃
🍋 lemon 柠檬|🥑 avocado 牛油果|🌽 corn 玉米|🌶️ chilli spicy 辣
🍄 mushroom 蘑菇|🥜 peanuts 花生|🍞 bread 面包|🧀 cheese 奶酪
🍔 burger 汉堡|🍟 fries 薯条|🌮 taco 墨西哥卷|🥟 dumpling 饺子
🍚 rice 米饭|🍱 bento 便当|🍣 sushi 寿司|🍲 hotpot stew 火锅
🥗 salad 沙拉|🍿 popcorn 爆米花|🍪 cookie 饼干|🍩 doughnut 甜甜圈
🍫 chocolate 巧克力|🍦 icecream 冰淇淋|🥮 mooncake 月饼|🧋 bubbletea 奶茶
🥛 milk 牛奶|🍷 wine 红酒|🍻 toast 干杯|🥂 champagne 香槟
🥃 whisky 威士忌|🥢 chopsticks 筷子|🍴 cutlery eat 吃饭|🚌 bus 公交
🚆 train 火车|🚇 metro 地铁|🚲 bicycle 自行车|🚢 ferry boat 船
🚁 helicopter 直升机|🛸 ufo 飞碟|⛽ fuel 加油站|🚦 lights traffic 红绿灯
🏥 hospital 医院|🏫 school 学校|🏦 bank 银行|🏨 hotel 酒店
🏖️ beach holiday 海滩|⛰️ mountain 山|🏕️ camping 露营|🌆 city 城市
"""

EMOJI: Final[dict[str, list[str]]] = {
    words[0]: words[1:] for line in _TABLE.strip().splitlines() for one in line.split("|") for words in [one.split()]
}
"""Emoji -> its names; the first one is what `:name:` means."""

QUICK: Final = ("👍", "❤️", "😂", "🎉", "👀", "🙏")
"""Offered first."""
