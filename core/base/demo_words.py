"""The words that demo partners are made of. People, firms and numbers are invented; places are real."""

# ruff: noqa: SIM905 - words read better than quotes and commas

from __future__ import annotations

MEN = (
    "Agus Aditya Ahmad Aldi Andi Ardi Arif Asep Bagas Bayu Cahyo Dadang Danu Dimas Eko Fajar Farhan Galih "
    "Gilang Hadi Ihsan Ilham Indra Irfan Iwan Johan Ketut Lukman Markus Nanang Nyoman Oka Pandu Rahmat "
    "Reza Rudi Satria Slamet Surya Teguh Tono Ujang Wahyu Wawan Yanto Yusuf Zainal"
).split()
WOMEN = (
    "Aisyah Anisa Ayu Cici Citra Dewi Dian Eka Endang Erna Euis Fitri Gita Hana Ida Indah Intan Kadek "
    "Kartika Laras Lia Lina Maya Mega Melati Mira Nadia Neneng Nia Nina Novi Nur Puspa Putu Rani Ratna "
    "Rina Rini Riska Sari Shinta Siti Tari Tiara Tuti Wulan Yuli Yuni Wati Zahra"
).split()
MEN_LAST = (
    "Firmansyah Hermawan Iskandar Kosasih Kurniawan Maulana Nugroho Permana Prabowo Prasetyo Pratama "
    "Ramadhan Rustandi Santoso Saputra Sopian Sudrajat Suhendra Supriatna Suryana Sutisna Syahputra Wibowo"
).split()
WOMEN_LAST = (
    "Anggraini Apriliani Astuti Fauziah Handayani Hasanah Herlina Kusumawati Lestari Maharani Marlina "
    "Nuraini Permatasari Puspitasari Rahayu Rahmawati Safitri Susilowati Utami Wahyuni Widyastuti Wulandari"
).split()
SHARED_LAST = (
    "Chaniago Halim Harahap Kusuma Limanto Manurung Nasution Pardede Purnama Putra Sihombing Simanjuntak "
    "Siregar Sitorus Sutanto Tampubolon Tanuwijaya Wijaya"
).split()

FORMS = ("PT", "PT", "PT", "PT", "CV", "CV", "CV", "UD", "Koperasi")
FIRM_FIRST = (
    "Anugerah Berkah Bina Bumi Cahaya Cipta Citra Duta Dwi Eka Gema Graha Harapan Indah Jaya Karya Kencana "
    "Maju Mega Mitra Multi Niaga Panca Prima Putra Rajawali Rukun Sarana Sejahtera Sinar Sumber Surya Tirta "
    "Tri Tunas Usaha Utama Wahana Wira"
).split()
FIRM_SECOND = (
    "Abadi Agung Amanah Andalan Bahari Barokah Bersama Buana Cemerlang Cendana Gemilang Harmoni Khatulistiwa "
    "Kusuma Lestari Makmur Mandiri Mataram Mulia Mustika Nusantara Parahyangan Pasundan Perkasa Permata "
    "Persada Pertiwi Pratama Priangan Purnama Raharja Rejeki Sakti Samudra Sejati Sentosa Setia Sukses Unggul"
).split()
FIRM_THIRD = (
    "Agro Baja Bangunan Digital Edukasi Elektrik Energi Farma Furnitur Garmen Interior Kemasan Keramik "
    "Kertas Kimia Konstruksi Kreatif Kuliner Logistik Medika Otomotif Pangan Percetakan Perikanan Plastik "
    "Properti Teknik Tekstil Transport Wisata"
).split()

BODIES = (
    ("Dinas Kesehatan", "dinkes"),
    ("Dinas Pendidikan", "disdik"),
    ("Dinas Perhubungan", "dishub"),
    ("Dinas Pekerjaan Umum dan Penataan Ruang", "dpupr"),
    ("Dinas Perumahan dan Permukiman", "disperkim"),
    ("Dinas Lingkungan Hidup", "dlh"),
    ("Dinas Pariwisata", "dispar"),
    ("Dinas Sosial", "dinsos"),
    ("Dinas Pertanian", "distan"),
    ("Dinas Komunikasi dan Informatika", "diskominfo"),
    ("Dinas Koperasi dan UKM", "dinkop"),
    ("Dinas Perdagangan", "disdag"),
    ("Dinas Tenaga Kerja", "disnaker"),
    ("Dinas Arsip dan Perpustakaan", "disarpus"),
    ("Badan Perencanaan Pembangunan Daerah", "bappeda"),
    ("Badan Pendapatan Daerah", "bapenda"),
    ("Badan Kepegawaian Daerah", "bkd"),
    ("Rumah Sakit Umum Daerah", "rsud"),
    ("Sekretariat Daerah", "setda"),
    ("Sekretariat DPRD", "setwan"),
)
"""Public bodies that every regency has, with the word that their e-mail addresses begin with."""

STREETS = (
    "Ahmad Yani,Anggrek,Asia Afrika,Cempaka,Cendana,Dahlia,Diponegoro,Flamboyan,Gatot Subroto,Industri Raya,"
    "Kartini,Kenanga,Kopo Permai,Mangga,Mawar,Melati,Merdeka,Niaga,Pahlawan,Pasar Baru,Pemuda,Perintis,"
    "Rambutan,Raya Selatan,Raya Timur,Sawo,Stasiun,Teratai,Veteran,Wijaya Kusuma"
).split(",")
VILLAGES = (
    "Cikaret Karanganyar Karangsari Margahayu Margasari Mekarjaya Mekarsari Mekarwangi Padasuka Pasirjaya "
    "Sindangsari Sukajadi Sukamaju Sukamulya Sukarasa Sukasari Tanjungsari Wanasari"
).split()
MAIL = ("surel.example", "kotaksurat.example", "posel.example")
"""Where people without a firm have their e-mail: names that can never be registered."""

MOBILE = "811 812 813 821 822 852 853 814 815 816 855 856 857 858 817 818 819 859 877 878 895 896 897".split()

AREAS = {
    "11": ("231", "651"), "12": ("201", "61"), "13": ("251", "751"), "14": ("281", "761"),
    "15": ("361", "741"), "16": ("301", "711"), "17": ("382", "736"), "18": ("351", "721"),
    "19": ("331", "717"), "21": ("294", "778"), "31": ("102", "21"), "32": ("401", "22"),
    "33": ("501", "24"), "34": ("552", "274"), "35": ("601", "31"), "36": ("421", "254"),
    "51": ("802", "361"), "52": ("831", "370"), "53": ("851", "380"), "61": ("781", "561"),
    "62": ("731", "536"), "63": ("701", "511"), "64": ("751", "541"), "65": ("771", "551"),
    "71": ("951", "431"), "72": ("941", "451"), "73": ("902", "411"), "74": ("931", "401"),
    "75": ("961", "435"), "76": ("915", "426"), "81": ("971", "911"), "82": ("977", "921"),
    "91": ("993", "967"), "92": ("983", "986"), "93": ("996", "971"), "94": ("988", "984"),
    "95": ("995", "969"), "96": ("984", "951"), "31.71": ("101", "21"), "31.72": ("141", "21"),
    "31.73": ("114", "21"), "31.74": ("121", "21"), "31.75": ("131", "21"), "32.01": ("169", "251"),
    "32.02": ("431", "266"), "32.03": ("432", "263"), "32.04": ("403", "22"), "32.05": ("441", "262"),
    "32.06": ("461", "265"), "32.07": ("462", "265"), "32.08": ("455", "232"), "32.09": ("451", "231"),
    "32.10": ("454", "233"), "32.11": ("453", "261"), "32.12": ("452", "234"), "32.13": ("412", "260"),
    "32.14": ("411", "264"), "32.15": ("413", "267"), "32.16": ("175", "21"), "32.17": ("405", "22"),
    "32.18": ("463", "265"), "32.71": ("161", "251"), "32.72": ("431", "266"), "32.73": ("401", "22"),
    "32.74": ("451", "231"), "32.75": ("171", "21"), "32.76": ("164", "21"), "32.77": ("405", "22"),
    "32.78": ("461", "265"), "32.79": ("463", "265"), "36.03": ("155", "21"), "36.71": ("151", "21"),
    "36.74": ("153", "21"),
}  # fmt: skip
"""Province, or regency where it differs -> how postcodes begin, and the area code of telephones."""

NEAR = {"32": 55, "31": 12, "36": 6, "33": 6, "35": 6, "34": 3}
"""How often a partner of a firm in Bandung lives in these provinces, in percent; the rest are anywhere."""

TAGS = (
    ("Prioritas", "Priority", "p1"),
    ("Pelanggan lama", "Long-standing customer", "p4"),
    ("Investor", "Investor", "p3"),
    ("Pengembang", "Developer", "p7"),
    ("Pemasok", "Supplier", "p5"),
    ("Instansi pemerintah", "Public sector", "p6"),
    ("Rujukan", "Referral", "p2"),
)

NOTES = (
    "Lebih suka dihubungi lewat WhatsApp setelah pukul 16.00.",
    "Minta penawaran tertulis sebelum rapat direksi.",
    "Pembayaran selalu tepat waktu.",
    "Kantor tutup hari Sabtu.",
    "Kenal dari pameran properti di Sabuga.",
    "Perlu faktur pajak atas nama perusahaan induk.",
)
