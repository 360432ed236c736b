/**
 * What voices are made to say: for each language sentences that together hold most of its sounds, of the kind that is
 * said in conversations. No names and no abbreviations, whose spelling nobody can hear.
 */

export const SENTENCES: Readonly<Record<string, readonly string[]>> = {
  en: [
    'Please leave the yellow umbrella beside the kitchen door before you go out.',
    'Could you check whether the train to the coast still leaves at seven thirty?',
    'Her younger brother usually bakes fresh bread every Thursday morning.',
    'We measured the pressure twice, but both values were far too high.',
    'I would rather join you for coffee than sit through another long meeting.',
    'The mechanic found a small crack near the edge of the front wheel.',
    'Nothing sounds quite as cheerful as children laughing in a garden.',
    'Thank you for waiting, your order should arrive within forty minutes.',
  ],
  ko: [
    '내일 아침에는 비가 올 것 같으니까 우산을 꼭 챙겨 가세요.',
    '이번 주말에 친구들과 함께 바닷가로 여행을 떠나기로 했어요.',
    '주문하신 따뜻한 커피와 빵은 창가 쪽 자리로 가져다 드릴게요.',
    '회의 시간이 바뀌었다는 소식을 오늘 오후에야 들었습니다.',
    '할머니께서 끓여 주신 된장찌개가 세상에서 제일 맛있어요.',
    '지하철역 앞 횡단보도를 건너면 왼쪽에 약국이 보일 거예요.',
    '요즘 저녁마다 공원을 천천히 걸으면서 음악을 듣고 있습니다.',
    '불편을 드려 죄송합니다. 잠시만 기다려 주시면 바로 확인하겠습니다.',
  ],
  ja: [
    '明日の朝は雨が降るそうなので、傘を持って出かけてください。',
    '駅前の新しい喫茶店で、友達とゆっくり話をしました。',
    '会議の時間が変わったことを、さっき初めて聞きました。',
    '祖母が作ってくれる料理は、いつも優しい味がします。',
    'この電車は次の駅で止まらないので、気をつけてください。',
    '夏休みには家族で海へ行って、花火を見る予定です。',
    '申し訳ありませんが、もう一度大きな声でお願いします。',
    '窓の外を見ると、小さな白い犬が元気に走っていました。',
  ],
  es: [
    'Mañana por la mañana tengo que llevar el coche rojo al taller.',
    'La vecina de arriba toca la guitarra muy bien después de cenar.',
    '¿Podría decirme a qué hora cierra la farmacia de la esquina?',
    'El niño dejó caer las llaves en un charco junto a la fuente.',
    'Nos gustaría reservar una mesa tranquila para cuatro personas.',
    'Hace demasiado viento para ir a la playa con los abuelos.',
    'Gracias por su paciencia, enseguida reviso los datos del pedido.',
    'Aquel viejo reloj de madera lleva años sin funcionar bien.',
  ],
  de: [
    'Könnten Sie mir bitte sagen, wann der nächste Zug nach Süden fährt?',
    'Gestern Abend haben wir zusammen eine dicke Gemüsesuppe gekocht.',
    'Meine jüngere Schwester spielt seit drei Jahren begeistert Geige.',
    'Das Fenster im Flur quietscht, sobald der Wind etwas stärker weht.',
    'Für morgen ist leider wieder ziemlich schlechtes Wetter angesagt.',
    'Vielen Dank für Ihre Geduld, ich schaue gleich in den Unterlagen nach.',
    'Der freundliche Nachbar hat unser Paket schon heute früh angenommen.',
    'Zwischen den hohen Bäumen schimmert ein kleiner, ruhiger See.',
  ],
  fr: [
    'Demain matin, je dois emmener ma voiture bleue chez le garagiste.',
    'Pourriez-vous me dire où se trouve la pharmacie la plus proche ?',
    'Notre voisine joue du piano chaque soir pendant une bonne heure.',
    'Les enfants ont ramassé des feuilles jaunes au bord du chemin.',
    'Nous aimerions réserver une table tranquille pour quatre personnes.',
    'Il fait beaucoup trop froid pour déjeuner dehors aujourd’hui.',
    'Merci de votre patience, je vérifie tout de suite votre commande.',
    'Un vieux pêcheur nous a montré un joli coin près de la rivière.',
  ],
  zh: [
    '明天早上可能会下雨，出门的时候别忘了带伞。',
    '请问去火车站应该在哪里换车？',
    '我弟弟每个星期四都去公园跑步。',
    '桌子上的那杯热茶是给客人准备的。',
    '我们打算周末一起去海边看日出。',
    '对不起，刚才太吵了，请您再说一遍。',
    '这家小饭馆的鱼汤味道特别好。',
    '谢谢您的耐心，我马上帮您查一下订单。',
  ],
  it: [
    'Domani mattina devo portare la macchina rossa dal meccanico.',
    'Mi può dire per favore a che ora chiude la farmacia in piazza?',
    'La nostra vicina suona il violino ogni sera dopo cena.',
    'I bambini hanno raccolto foglie gialle lungo il sentiero.',
    'Vorremmo prenotare un tavolo tranquillo per quattro persone.',
    'Oggi fa troppo freddo per mangiare fuori in giardino.',
    'Grazie per la pazienza, controllo subito il suo ordine.',
    'Un vecchio orologio di legno batte piano nella stanza vuota.',
  ],
  pt: [
    'Amanhã de manhã preciso levar o carro vermelho à oficina.',
    'Você pode me dizer a que horas fecha a farmácia da esquina?',
    'A nossa vizinha toca violão todas as noites depois do jantar.',
    'As crianças juntaram folhas amarelas à beira do caminho.',
    'Gostaríamos de reservar uma mesa tranquila para quatro pessoas.',
    'Hoje está frio demais para almoçar lá fora no jardim.',
    'Obrigado pela paciência, já vou verificar o seu pedido.',
    'Um velho pescador mostrou o melhor lugar perto do rio.',
  ],
};

/** The sentences of a language, also for a regional tag; undefined when there are none. */
export function sentencesOf(language: string): readonly string[] | undefined {
  return SENTENCES[(language.split('-')[0] ?? '').toLowerCase()];
}
